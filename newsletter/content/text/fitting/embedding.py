"""What only a web page can show: where it comes from, and the page on which people see it."""

import re

from newsletter.content.text.addresses import Finding, shorten
from newsletter.content.text.markup import Start

_PLAYERS = (
    (
        re.compile(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)"),
        "https://www.youtube.com/watch?v=",
    ),
    (re.compile(r"https?://player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/"),
    (re.compile(r"https?://open\.spotify\.com/embed/([a-z]+/\w+)"), "https://open.spotify.com/"),
    (re.compile(r"https?://codepen\.io/([\w-]+)/embed/(?:preview/)?([\w-]+)"), "https://codepen.io/"),
)


class Embedded:
    """An element that a mail cannot show; what stands in it, for browsers that cannot either, is left out."""

    def __init__(self, start: Start) -> None:
        self.start = start
        self.tag = start.tag
        self._source = start.attributes.get("src")
        self._is_settled = False

    def look_at(self, inside: Start) -> None:
        """Take in an element that stands inside: the first that names a source decides."""
        if not self._is_settled and inside.tag in ("source", "embed") and "src" in inside.attributes:
            self._source = inside.attributes["src"]
            self._is_settled = True

    @property
    def source(self) -> str:
        """The address of what is embedded, or an empty string."""
        return self._source or self.start.attributes.get("data") or ""

    @property
    def title(self) -> str:
        return " ".join(self.start.attributes.get("title", "").split())


def public_page(address: str) -> str:
    """Return the page on which people watch what a player's address shows; other addresses stay as they are."""
    for player, page in _PLAYERS:
        if found := player.match(address):
            return page + "/pen/".join(found.groups())
    return address


def not_shown(tag: str, address: str) -> Finding:
    """Return what to say about something that only a web page can show."""
    return Finding(
        "embed",
        f"a mail cannot show what <{tag}> embeds, so a link to {shorten(address)} stands in its place",
        "Add a sentence or a picture if readers should see more than the link.",
    )
