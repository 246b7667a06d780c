"""A folder without a generator: Markdown as it is.

Hugo's shortcodes may stand in it nevertheless (posts that left their site, a folder whose settings were not
found). They would make a bad mail, and no prose contains them by chance, so they are treated as Hugo's.
"""

from newsletter.content.text.dialects.hugo import NEEDLES, translate_shortcodes
from newsletter.content.text.dialects.rewriting import Rewriting


def translate(rewriting: Rewriting) -> None:
    """Translate Hugo's shortcodes."""
    if any(needle in rewriting.body for needle in NEEDLES):
        translate_shortcodes(rewriting)
