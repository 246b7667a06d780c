"""Jekyll: Liquid with its own tags, and kramdown's attribute lists (jekyllrb.com/docs/liquid/tags)."""

from newsletter.content.text.dialects.attributes import drop_kramdown, open_markdown_in_html
from newsletter.content.text.dialects.liquid import translate_liquid
from newsletter.content.text.dialects.rewriting import Rewriting
from newsletter.content.text.dialects.tags import Tag


def translate(rewriting: Rewriting) -> None:
    """Translate Liquid, and drop what kramdown would not show."""
    drop_kramdown(rewriting)
    open_markdown_in_html(rewriting)
    translate_liquid(rewriting, {"link": _page, "post_url": _page})


def _page(rewriting: Rewriting, tag: Tag, rest: str) -> int:
    """`{% link _posts/x.md %}` and `{% post_url 2020-01-01-x %}` stand for an address."""
    rewriting.replace(tag.start, tag.end, rewriting.page(tag.start, rest, f"“{rest}”"))
    return tag.end
