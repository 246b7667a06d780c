"""What is to come: the next issues, a preview, a test mail."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from newsletter import publishing
from newsletter.application import calendar
from newsletter.application.delivering import relay_of
from newsletter.application.opening import clock
from newsletter.application.sending import check_cadence
from newsletter.content.post import Problem
from newsletter.content.reader import Scan
from newsletter.errors import NewsletterError
from newsletter.issues import freezing, serving
from newsletter.issues.compiling import Verdict
from newsletter.issues.rendering import Rendering
from newsletter.languages import offered, spoken
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.opened import open_mail
from newsletter.outbox.messages.signing import signer_of
from newsletter.outbox.messages.template import Template
from newsletter.preflight import dates
from newsletter.site import Site
from newsletter.transport.protocol import Lost, Reply, send_one
from newsletter.transport.smtp import open_transport
from subscribers import keys
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Forecast:
    """The next issue of one cadence."""

    cadence: str
    due_at: datetime
    readers: int
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The author's own copy of an issue; `source` is the message, `size` that of its HTML in bytes."""

    subject: str
    preheader: str
    html: str
    text: str
    source: bytes
    size: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The next issue as files; `size` is that of its HTML in bytes."""

    subject: str
    size: int
    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Tested:
    """A test mail that the relay took."""

    address: str
    subject: str
    reply: Reply


def forecast(site: Site) -> tuple[list[Forecast], tuple[Problem, ...]]:
    """Say for each cadence what its next issue holds and when it is due; and what is wrong with the posts."""
    now = clock()
    scan = site.content.scan()
    forecasts = []
    with reading(site.engine) as connection:
        for name, cadence in site.settings.schedule.cadences.items():
            plan = publishing.plan_issue(connection, site, scan, cadence=name, now=now)
            verdicts = publishing.verdicts(connection, plan, now)
            due_at = calendar.due_at(connection, site, cadence, now)
            forecasts.append(Forecast(name, due_at, plan.readers, tuple(verdicts)))
    return forecasts, publishing.folder_problems(site, scan)


def preview(site: Site, *, cadence: str | None, folder: Path, language: str = "") -> Preview:
    """Write the next issue as issue.html, issue.txt and issue.eml, as it would be sent now.

    The copy is that of a reader with the author's address, as most readers get it unless a language is named.
    Raises NewsletterError when there is nothing to show, and for a language that we do not speak.
    """
    shown = draw(site, cadence=cadence, language=check_language(site, language))
    files = {"issue.html": shown.html.encode(), "issue.txt": shown.text.encode(), "issue.eml": shown.source}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise NewsletterError(f"The preview cannot be written to {folder}: {error}.") from error
    return Preview(shown.subject, shown.size, tuple(folder / name for name in files), shown.problems)


def check_language(site: Site, language: str) -> str:
    """Return the language of a mail that was asked for. Raises NewsletterError for one that we do not speak."""
    own = site.settings.newsletter.language
    if language and language not in {own, *offered(own)}:
        raise NewsletterError(
            f"{language!r} is no language of ours.", remedy=f"On offer: {', '.join(offered(own))}."
        )
    return spoken(language, own) if language else ""


def draw(site: Site, *, cadence: str | None, sample: bool = False, language: str = "") -> Drawn:
    """Make the author's own copy of the next issue; with `sample`, of the newest post where nothing is due.

    Raises NewsletterError when there is nothing to show.
    """
    now = clock()
    scan = site.content.scan()
    rendering, number, tokens = _next_rendering(site, scan, cadence, now, sample=sample, language=language)
    own = Reader(None, 0, site.settings.author_address.email, "")
    message = compose(_template(site, rendering, number), own, tokens, now)
    opened = open_mail(message.data)
    return Drawn(
        subject=rendering.subject,
        preheader=rendering.preheader,
        html=serving.with_data(opened.html, rendering.served),
        text=opened.text,
        source=message.data,
        size=len(rendering.html.encode()),
        problems=_problems(site, scan, rendering, now),
    )


def send_test(site: Site, address: str, *, cadence: str | None) -> Tested:
    """Send the next issue to one address, its subject marked [TEST]; nothing is recorded but images that it shows.

    Raises InvalidAddress, RelayUnavailable, or NewsletterError when the relay refuses the message.
    """
    now = clock()
    recipient = parse(address)
    rendering, number, tokens = _next_rendering(site, site.content.scan(), cadence, now)
    marked = replace(rendering, subject=f"[TEST] {rendering.subject}")
    message = compose(_template(site, marked, number), Reader(None, 0, recipient.email, ""), tokens, now)
    if rendering.served:
        with writing(site.engine) as connection:
            serving.keep(connection, rendering.served, now)
    transport = open_transport(relay_of(site.settings))
    try:
        verdict = send_one(transport, message)
    finally:
        transport.close()
    if isinstance(verdict, Lost):
        raise NewsletterError(f"The relay did not say what became of the test mail: {verdict.words}")
    if not verdict.accepted:
        raise NewsletterError(f"The relay refused the test mail to {recipient.email}: {verdict}")
    return Tested(recipient.email, marked.subject, verdict)


def _problems(site: Site, scan: Scan, rendering: Rendering, now: datetime) -> tuple[Problem, ...]:
    """Say what would spoil the mail, and then what keeps other posts out of it."""
    coming = dates.coming(scan.posts, now, site.content.line_of_date)
    others = publishing.folder_problems(site, scan, *coming)
    return tuple(dict.fromkeys((*publishing.mail_faults(site), *rendering.problems, *others)))


def _next_rendering(
    site: Site, scan: Scan, cadence: str | None, now: datetime, *, sample: bool = False, language: str = ""
) -> tuple[Rendering, int, Tokens]:
    check_cadence(site, cadence)
    with reading(site.engine) as connection:
        plan = publishing.preview_plan(connection, site, scan, cadence=cadence, now=now)
        if plan.draft is None and sample:
            plan = publishing.sample_plan(plan, now)
        if plan.draft is None:
            raise NewsletterError(
                f"There is nothing to show: {publishing.why_empty(plan)}.",
                remedy="`newsletter next --all` says of every post why it is not in the next issue.",
            )
        shown = publishing.foremost(plan, language)
        [rendering] = publishing.render_plan(connection, site, shown, now=now)
        return rendering, freezing.next_number(connection), keys.tokens(connection)


def _template(site: Site, rendering: Rendering, number: int) -> Template:
    settings = site.settings
    return Template.prepare(rendering, letterhead_of(settings), number=number, signer=signer_of(settings))
