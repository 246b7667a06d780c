"""What an issue looks like: its renderings, and what would make a bad mail of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from newsletter.content.note import Note
from newsletter.content.post import Manuscript, Problem
from newsletter.content.reader import Scan
from newsletter.errors import IssueRefused
from newsletter.issues import freezing
from newsletter.issues.compiling import Selection
from newsletter.issues.rendering import Masthead, Rendering, render_issue
from newsletter.languages import spoken
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import heard
from newsletter.publishing.planning import Plan
from newsletter.site import Site


def render_plan(connection: Connection, site: Site, plan: Plan, *, now: datetime) -> list[Rendering]:
    """Render every selection of a draft, in their order."""
    assert plan.draft is not None, "there is something to render"
    number = freezing.next_number(connection)
    posts = {post.id: post for selection in plan.draft.selections for post in selection.posts}
    manuscripts = {identity: site.content.load(post) for identity, post in posts.items()}
    return [
        render_selection(
            site,
            selection,
            manuscripts,
            masthead_of(site, number=number, now=now, language=selection.language),
            plan.note,
        )
        for selection in plan.draft.selections
    ]


def render_selection(
    site: Site,
    selection: Selection,
    manuscripts: dict[str, Manuscript],
    masthead: Masthead,
    note: Note | None,
) -> Rendering:
    """Render one set of posts, and look at it as a whole."""
    chosen = [manuscripts[post.id] for post in selection.posts]
    rendering = render_issue(
        chosen,
        masthead,
        site.templates,
        body="full" if site.settings.content.body == "full" else "summary",
        note=note,
    )
    mail = Mail(rendering, chosen, masthead.language)
    return replace(rendering, problems=judge(mail, silenced=site.settings.check.silence))


def masthead_of(site: Site, *, number: int | None, now: datetime, language: str = "") -> Masthead:
    """Say who publishes, for the templates; in the newsletter's language unless another is named that we speak."""
    own = site.settings.newsletter
    return Masthead(
        title=own.title,
        url=own.url,
        sender=own.sender.name or own.title,
        postal_address=own.postal_address,
        language=spoken(language, own.language),
        own_language=own.language,
        archive_url=f"{own.url}/archive",
        number=number,
        date=now.astimezone(own.timezone),
        design=site.design,
        serves_images=site.settings.images.delivery == "served",
    )


def mail_faults(site: Site) -> list[Problem]:
    """Return what the settings lack for a lawful mail."""
    if site.settings.newsletter.postal_address:
        return []
    return [
        Problem(
            path="newsletter.toml",
            line=None,
            kind="postal-address",
            message="[newsletter] postal_address is missing, and no issue may be sent without one",
            remedy='add postal_address = "…" (a street, a PO box or a registered mailbox)',
            severity="error",
        )
    ]


def folder_problems(site: Site, scan: Scan, *others: Problem) -> tuple[Problem, ...]:
    """Return what is wrong in the folder of posts, and `others`, without what the author does not want to hear of."""
    own = {post.path: post.silenced for post in scan.posts if post.silenced}
    return heard((*scan.problems, *others), site.settings.check.silence, own)


def refuse_faults(problems: Iterable[Problem]) -> None:
    """Raise IssueRefused when any of these problems is an error; what several renderings have is told once."""
    faults = dict.fromkeys(problem for problem in problems if problem.severity == "error")
    if faults:
        raise IssueRefused("The issue was not made:\n" + "\n".join(f"  {fault}" for fault in faults))
