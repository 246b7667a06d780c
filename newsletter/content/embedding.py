"""The public page of what an `<iframe>` shows: players have addresses of their own, at which a reader sees little."""

import re

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
