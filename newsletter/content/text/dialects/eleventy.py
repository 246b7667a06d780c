"""Eleventy: Liquid or Nunjucks in Markdown (11ty.dev/docs/languages/markdown), and eleventy-img's shortcode."""

from newsletter.content.text.dialects.figures import picture
from newsletter.content.text.dialects.liquid import translate_liquid
from newsletter.content.text.dialects.rewriting import Rewriting
from newsletter.content.text.dialects.tags import Tag, TagFinder, read_arguments

_COMMENTS = TagFinder({"{#": "#}"})


def translate(rewriting: Rewriting) -> None:
    """Translate Liquid and Nunjucks."""
    position = 0
    while comment := _COMMENTS.next(rewriting.body, position):
        position = comment.end
        if comment.start not in rewriting.code:
            rewriting.replace(comment.start, comment.end)
    translate_liquid(rewriting, {"image": _image})


def _image(rewriting: Rewriting, tag: Tag, rest: str) -> int:
    """`{% image "cat.jpg", "A cat" %}` (eleventy-img)."""
    given = read_arguments(rest)
    src, alt = given.get("src", position=0), given.get("alt", position=1)
    rewriting.replace_block(tag.start, tag.end, picture(src, alt, size=given) if src else "")
    return tag.end
