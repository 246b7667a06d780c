"""Announcing an issue that waits for its author's word: a letter that shows it, with the link that lets it go."""

from datetime import datetime

from sqlalchemy import Connection

from newsletter.outbox import queue, to_author
from newsletter.outbox.enquiry import first_due
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.opened import open_mail
from newsletter.outbox.messages.template import Template
from newsletter.publishing import Published
from newsletter.scheduling.approving import PURPOSE
from newsletter.site import Site
from subscribers import keys


def announce(connection: Connection, site: Site, published: Published, now: datetime) -> None:
    """Write to the author that an issue is made, what it holds, and how it is let go. Raises TemplateError."""
    issue, settings = published.issue, site.settings
    tokens = keys.tokens(connection)
    template = Template.prepare(published.renderings[0], letterhead_of(settings), number=issue.number)
    own = Reader(None, 0, settings.author_address.email, "")
    shown = open_mail(compose(template, own, tokens, now).data)
    due_at = first_due(connection, issue.number) or now
    facts = {
        "title": settings.newsletter.title,
        "url": settings.newsletter.url,
        "issue": issue,
        "readers": queue.counts(connection, issue.number).total,
        "renderings": len(published.renderings),
        "posts": [post.title for rendering in published.renderings[:1] for post in rendering.posts],
        "due_at": due_at.astimezone(settings.newsletter.timezone),
        "waits": due_at > now,
        "link": f"{settings.newsletter.url}/{PURPOSE}/{tokens.sign(PURPOSE, issue.number)}",
        "text": shown.text,
    }
    part = "email/author/approval"
    above = site.templates.render(f"{part}/above.html", **facts)
    body = shown.html.find("<body")
    top = shown.html.find(">", body) + 1 if body >= 0 else 0
    to_author.tell(
        connection,
        kind="approval",
        key=f"approval:{issue.number}",
        subject=" ".join(site.templates.render(f"{part}/subject.txt", **facts).split()),
        text=site.templates.render(f"{part}/body.txt", **facts),
        html=shown.html[:top] + above + shown.html[top:],
        now=now,
    )
