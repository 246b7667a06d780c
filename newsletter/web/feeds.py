"""Feeds of the archive: Atom (RFC 4287) and JSON Feed 1.1. Pure."""

import json as writer
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from newsletter.outbox.published import Entry
from newsletter.settings.sections import NewsletterSection

_ATOM = "http://www.w3.org/2005/Atom"


def atom(own: NewsletterSection, entries: Sequence[Entry], now: datetime) -> bytes:
    """Return an Atom feed; it was updated when its newest issue was made."""
    feed = Element("feed", {"xmlns": _ATOM, "xml:lang": own.language})
    updated = entries[0].created_at if entries else now
    _put(feed, id=f"{own.url}/archive", title=own.title, updated=_time(updated))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=f"{own.url}/feed.atom")
    SubElement(feed, "link", rel="alternate", type="text/html", href=f"{own.url}/archive")
    _put(SubElement(feed, "author"), name=own.sender.name or own.title)
    for entry in entries:
        place, one = f"{own.url}/archive/{entry.number}", SubElement(feed, "entry")
        _put(one, id=place, title=entry.subject, updated=_time(entry.created_at), summary=entry.summary)
        SubElement(one, "link", rel="alternate", type="text/html", href=place)
        _put(one, content=entry.text)
    written: bytes = tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def json(own: NewsletterSection, entries: Sequence[Entry]) -> bytes:
    """Return a JSON feed."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": own.title,
        "home_page_url": f"{own.url}/archive",
        "feed_url": f"{own.url}/feed.json",
        "language": own.language,
        "authors": [{"name": own.sender.name or own.title}],
        "items": [
            {
                "id": f"{own.url}/archive/{entry.number}",
                "url": f"{own.url}/archive/{entry.number}",
                "title": entry.subject,
                "summary": entry.summary,
                "content_text": entry.text,
                "date_published": _time(entry.created_at),
            }
            for entry in entries
        ],
    }
    return writer.dumps(feed, ensure_ascii=False, indent=1).encode()


def _put(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = "".join(filter(_is_xml, text))


def _is_xml(letter: str) -> bool:
    """Whether a character may stand in XML (XML 1.0, section 2.2)."""
    return letter in "\t\n\r" or (
        letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff"
    )


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
