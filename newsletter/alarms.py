"""Alarms: what needs a person is told to the author by mail, calmly, with what to do about it.

The words are templates under `email/author/KIND/`, in plain text, from which the HTML is made. A letter about the same
thing comes once a day at the most.
"""

from datetime import datetime

from sqlalchemy import Connection

from newsletter import publishing
from newsletter.issues.lettering import letter_html
from newsletter.issues.merge import shield
from newsletter.outbox import to_author
from newsletter.site import Site

#: What the author is told of: templates, and what they are given besides `title` and `url`.
KINDS = {
    "refused": ("number", "reply"),  # the relay refuses us; the number is None for notices
    "missed": ("cadence", "scheduled_for", "reason", "next_due"),  # a run that nobody made in time
    "blocked": ("cadence", "scheduled_for", "faults", "until"),  # an issue that would be a bad mail
    "folder": ("reason", "remedy"),  # the posts cannot be read
    "role": ("role", "host", "reason"),  # a part of `serve` fails again and again
    "list-bomb": ("count", "minutes"),  # a form that is abused
}


def tell(connection: Connection, site: Site, kind: str, key: str, *, now: datetime, **facts: object) -> bool:
    """Write to the author, unless they were told of this within a day; return whether that was so.

    `key` is what it is about besides its kind, such as an issue's number. Moments are told by the author's clock.
    Raises TemplateError where the author's own template does not fit.
    """
    given = {
        "title": site.settings.newsletter.title,
        "url": site.settings.newsletter.url,
        **_told(site, facts),
    }
    written = (
        site.templates.render(f"email/author/{kind}/{part}.txt", **given) for part in ("subject", "body")
    )
    subject, text = map(shield, written)  # a reason may well name a merge field
    subject = " ".join(subject.split())
    masthead = publishing.masthead_of(site, number=None, now=now)
    html = letter_html(subject.removeprefix(f"[{given['title']}] "), text, masthead, site.templates)
    return to_author.tell(
        connection, kind=kind, key=f"{kind}:{key}", subject=subject, text=text, html=html, now=now
    )


def _told(site: Site, facts: dict[str, object]) -> dict[str, object]:
    """Say moments as the author's calendar and clock do."""
    zone = site.settings.newsletter.timezone
    return {
        name: fact.astimezone(zone) if isinstance(fact, datetime) else fact for name, fact in facts.items()
    }
