"""A site, opened: its settings, its database, its templates and its content folder."""

from dataclasses import dataclass
from functools import cached_property
from typing import cast

from sqlalchemy import Engine

from newsletter.content.reader import ContentFolder
from newsletter.content.text.addresses import Delivery
from newsletter.designing import design_of
from newsletter.issues.design import Design
from newsletter.issues.templating import Templates
from newsletter.settings import Settings


@dataclass(frozen=True)
class Site:
    """What every use case works with; :mod:`newsletter.application.opening` opens it."""

    settings: Settings
    engine: Engine
    templates: Templates

    @cached_property
    def design(self) -> Design:
        """How its mails look. Raises SettingsError for a logo that cannot be shown."""
        return design_of(self.settings)

    @cached_property
    def content(self) -> ContentFolder:
        """The content folder, opened when first asked for: looking after readers needs none.

        Raises ContentError when it is missing or unreadable.
        """
        settings = self.settings
        return ContentFolder(
            settings.content_folder,
            url=settings.content.url,
            timezone=settings.newsletter.timezone,
            language=settings.newsletter.language,
            cache=settings.directory / ".newsletter" / "scan.json",
            delivery=cast("Delivery", settings.images.delivery),
        )
