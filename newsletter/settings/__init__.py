"""The settings: one documented table, read once from newsletter.toml and the environment, then passed on.

Every key may also come from the environment as NEWSLETTER_SECTION_KEY, and a secret from the file that
NEWSLETTER_SECTION_KEY_FILE names. The environment wins.
"""

from newsletter.settings.reading import FILE_NAME, read_settings
from newsletter.settings.sections import Settings, documented
from newsletter.settings.values import Mailbox

__all__ = ["FILE_NAME", "Mailbox", "Settings", "documented", "read_settings"]
