"""The errors of the publisher: one root, and every message says what is wrong, where, and what to do."""


class NewsletterError(Exception):
    """Something was refused or failed; the message is written for the author."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class SettingsError(NewsletterError):
    """A setting is missing, unknown or out of range."""


class ContentError(NewsletterError):
    """The content folder as a whole cannot be read."""


class TemplateError(NewsletterError):
    """A template is missing, does not parse, or uses a name that it was not given."""


class IssueRefused(NewsletterError):
    """An issue may not be frozen as it is."""


class RelayUnavailable(NewsletterError):
    """The relay cannot be reached, or does not let us in; nothing was handed over."""
