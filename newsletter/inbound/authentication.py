"""Whether a message is from whom it says: what our own mail server found out (RFC 8601). Pure.

Anybody can write Authentication-Results. It counts only under a name that the settings trust, and of those only the
topmost, which the server wrote last: servers take away what came from outside under their own name (section 5), and
where one does not, what it wrote itself still stands above that.
"""

import re

from newsletter.inbound.incoming import Incoming

_COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
_FROM = re.compile(r"\bheader\.from\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)
_PASSED = re.compile(r"dmarc\s*=\s*pass(?![\w-])", re.IGNORECASE)


def is_proven(incoming: Incoming, trusted: tuple[str, ...]) -> bool:
    """Whether a server that we trust says that DMARC passed for the domain of From (RFC 7489, section 3.1)."""
    author = incoming.author
    if author is None:
        return False
    names = {name.lower() for name in trusted}
    for value in incoming.all("Authentication-Results"):
        server, *results = _COMMENT.sub(" ", value).split(";")
        # a version may stand behind the name (section 2.2)
        if (server.split() or [""])[0].lower() in names:
            return any(_passes(result, author.key.rpartition("@")[2]) for result in results)
    return False


def _passes(result: str, domain: str) -> bool:
    """Whether one method's result is that DMARC passed, for just this domain."""
    named = _FROM.search(result)
    return bool(_PASSED.match(result.strip()) and named and _domain(named[1]) == domain)


def _domain(written: str) -> str:
    bare = written.rpartition("@")[2].rstrip(".").lower()
    try:
        return bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        return ""
