"""The public page of what an `<iframe>` shows: a player's own address is of little use to a reader."""

import re

from newsletter.content.text.addresses import Finding, shorten

_PLAYERS = (
    (
        re.compile(r"https?://(?:www\.)?youtube(?:-nocookie)?\.com/embed/([\w-]+)"),
        "https://www.youtube.com/watch?v=",
    ),
    (re.compile(r"https?://player\.vimeo\.com/video/(\d+)"), "https://vimeo.com/"),
    (re.compile(r"https?://open\.spotify\.com/embed/([a-z]+/\w+)"), "https://open.spotify.com/"),
    (re.compile(r"https?://codepen\.io/([\w-]+)/embed/(?:preview/)?([\w-]+)"), "https://codepen.io/"),
)


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
