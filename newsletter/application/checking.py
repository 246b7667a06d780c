"""Checking everything: settings, posts, templates, the next mail, its signature, the relay."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from newsletter import publishing
from newsletter.application.delivering import relay_of
from newsletter.application.opening import clock
from newsletter.content.post import Problem
from newsletter.content.reader import Scan
from newsletter.errors import ContentError, NewsletterError, RelayUnavailable, SettingsError, TemplateError
from newsletter.issues.rendering import Rendering, render_notice
from newsletter.membership import NOTICES
from newsletter.outbox.messages import signing
from newsletter.outbox.messages.links import PREFERENCES, UNSUBSCRIBE
from newsletter.outbox.messages.signing import DnsRecord
from newsletter.preflight import dates
from newsletter.preflight.names import Names, Unanswered
from newsletter.preflight.pages import pages
from newsletter.preflight.rules import heard
from newsletter.preflight.sender import dkim, dmarc, ptr, spf
from newsletter.settings import Settings
from newsletter.site import Site
from newsletter.transport.protocol import Transport
from newsletter.transport.smtp import open_transport
from subscribers import keys, roster
from subscribers.database import reading


@dataclass(slots=True)
class Report:
    """What was checked, what was found, what nobody looked at, and what the author has to publish in DNS."""

    problems: list[Problem] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    to_publish: list[DnsRecord] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing found is an error."""
        return not any(problem.severity == "error" for problem in self.problems)

    def fault(self, kind: str, path: str, error: NewsletterError) -> None:
        """Add an error that was raised as a problem."""
        self.problems.append(Problem(path, None, kind, error.message, error.remedy, "error"))


def check(site: Site, *, offline: bool = False) -> Report:
    """Check settings, posts, templates, the next mail and its signature; if not `offline`, also relay, DNS, pages."""
    now = clock()
    report = Report(checked=["settings: newsletter.toml"])
    try:
        scan = site.content.scan()
    except ContentError as error:
        report.fault("content", str(site.settings.content_folder), error)
    else:
        _check_posts(report, site, scan, now)
        with reading(site.engine) as connection:
            _check_mail(report, connection, site, scan, now)
    _check_signing(report, site.settings)
    if offline:
        report.not_checked.append("the relay, DNS and the pages: left out")
    else:
        _check_relay(report, site, lambda: open_transport(relay_of(site.settings)))
        _check_world(report, site, now)
    report.problems = list(heard(report.problems, site.settings.check.silence, {}))
    return report


def _check_posts(report: Report, site: Site, scan: Scan, now: datetime) -> None:
    """Look at the posts of the folder."""
    sendable = sum(post.why_not_sendable(now) is None for post in scan.posts)
    coming = dates.coming(scan.posts, now, site.content.line_of_date)
    report.problems += publishing.folder_problems(site, scan, *coming)
    report.checked.append(f"posts: {scan.files:,} files, {len(scan.posts):,} posts, {sendable:,} sendable")


def _check_mail(report: Report, connection: Connection, site: Site, scan: Scan, now: datetime) -> None:
    """Render what would be sent next, or the newest post where nothing is due, and all notices."""
    report.problems += publishing.mail_faults(site)
    try:
        for kind in NOTICES:
            render_notice(kind, publishing.masthead_of(site, number=None, now=now), site.templates)
        rendering = _next_rendering(connection, site, scan, now)
    except TemplateError as error:
        report.fault("template", "templates", error)
        return
    except NewsletterError as error:
        report.fault("next-issue", "the next issue", error)
        return
    if rendering is None:
        report.not_checked.append("the next mail: there is no post to make one of")
        return
    report.problems += [problem for problem in rendering.problems if problem not in report.problems]
    size = len(rendering.html.encode())
    report.checked.append(f"the next mail: “{rendering.subject}”, {size:,} bytes of HTML")


def _next_rendering(connection: Connection, site: Site, scan: Scan, now: datetime) -> Rendering | None:
    plan = publishing.preview_plan(connection, site, scan, cadence=None, now=now)
    if plan.draft is None:
        plan = publishing.sample_plan(plan, now)
    if plan.draft is None:
        return None
    return publishing.render_plan(connection, site, publishing.foremost(plan), now=now)[0]


def _check_signing(report: Report, settings: Settings) -> None:
    """Sign with each key, verify that with what DNS is to say of the key, and show what that is."""
    try:
        keys = signing.keys_of(settings)
    except SettingsError as error:
        report.fault("dkim", "[dkim]", error)
        return
    for key in keys:
        record = signing.record_of(settings, key)
        report.to_publish.append(record)
        if signing.is_matched(record, key):
            report.checked.append(f"DKIM: what {key.selector} signs for {settings.dkim_domain} verifies")
        else:
            message = f"What {key.selector} signs does not verify with its own public key."
            report.problems.append(Problem("[dkim]", None, "dkim", message, "Make a new key.", "error"))
    for message, remedy in signing.weaknesses(settings, keys):
        report.problems.append(Problem("[dkim]", None, "dkim", message, remedy))


def _check_relay(report: Report, site: Site, open_transport: Callable[[], Transport]) -> None:
    """Connect to the relay and log in; nothing is sent."""
    smtp = site.settings.smtp
    try:
        open_transport().close()
    except RelayUnavailable as error:
        report.fault("relay", f"{smtp.host}:{smtp.port}", error)
        return
    how = {"none": "without encryption", "starttls": "with STARTTLS", "tls": "with TLS"}[smtp.security]
    report.checked.append(f"the relay {smtp.host}:{smtp.port} takes our mail {how}")


def _check_world(report: Report, site: Site, now: datetime) -> None:
    """Ask for our pages, and DNS for what receivers will ask it: who may send for us, and which key signs."""
    settings = site.settings
    names = Names(settings.check.nameserver)
    sender = settings.newsletter.sender.address.key.rpartition("@")[2]
    questions: dict[str, Callable[[], Iterable[Problem]]] = {
        f"the pages at {settings.newsletter.url}": lambda: pages(settings.newsletter.url, now, _links(site)),
        f"SPF of {settings.return_domain}": lambda: spf(names, settings.return_domain),
        f"DMARC of {sender}": lambda: dmarc(names, sender),
        f"the name of {settings.smtp.host}": lambda: ptr(names, settings.smtp.host),
    }
    for record in report.to_publish:
        questions[f"DKIM at {record.name}"] = partial(dkim, names, record.name, record.value)
    if not names.knows(sender):
        report.not_checked.append(f"DNS and pages: {sender} is nobody's, and only good for trying things out")
        return
    for what, ask in questions.items():
        try:
            found = list(ask())
        except Unanswered as error:
            report.not_checked.append(f"{what}: {error}")
            continue
        report.problems += found
        if not found:
            report.checked.append(what)


def _links(site: Site) -> list[str]:
    """Return the ways out that a reader of ours has in every mail; none while there is no reader."""
    with reading(site.engine) as connection:
        reader, tokens = next(roster.everyone(connection, status="confirmed"), None), keys.tokens(connection)
    if reader is None:
        return []
    return [
        f"{site.settings.newsletter.url}/{purpose}/{tokens.sign(purpose, reader.id)}"
        for purpose in (UNSUBSCRIBE, PREFERENCES)
    ]
