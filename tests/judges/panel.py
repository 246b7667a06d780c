"""All judges together: what each says of some mails."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import lxml.html
from playwright.sync_api import Browser

from newsletter.issues.rendering import Rendering
from tests.judges import axe, caniemail, html_validate, spamassassin
from tests.judges.rspamd import Rspamd, rspamd
from tests.judges.spamassassin import Verdict
from tests.posting import READER, RELAY, RELAY_NAME, posted, records
from tests.screenshots import browsing, opened
from tests.showpieces import seen


@dataclass(frozen=True)
class Entry:
    """A mail that is judged: `kind` is issue, or that of a notice."""

    name: str
    rendering: Rendering
    kind: str = "issue"


@dataclass
class Opinion:
    """What the judges say of one mail; lists hold what they found."""

    axe: dict[str, list[str]] = field(default_factory=dict)  # by window
    html: list[str] = field(default_factory=list)
    unknown: Mapping[str, list[str]] = field(default_factory=dict)  # features, and who does not know them
    harmful: Mapping[str, list[str]] = field(default_factory=dict)  # those of them that matter
    spamassassin: Verdict = field(default_factory=lambda: Verdict(0, {}))
    rspamd: Verdict = field(default_factory=lambda: Verdict(0, {}))
    octets: int = 0
    styles: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """The judges, at work; `folder` is theirs."""

    browser: Browser
    filter: Rspamd
    folder: Path

    def judge(self, entries: Sequence[Entry]) -> dict[str, Opinion]:
        """Show mails to every judge; their names differ."""
        opinions = {entry.name: self._one(place, entry) for place, entry in enumerate(entries)}
        pages = {self.folder / f"{place}.html": entry.name for place, entry in enumerate(entries)}
        for page, faults in html_validate.faults(pages, self.folder).items():
            opinions[pages[page]].html = faults
        for page, verdict in spamassassin.verdicts([page.with_suffix(".eml") for page in pages]).items():
            opinions[pages[page.with_suffix(".html")]].spamassassin = verdict
        return opinions

    def _one(self, place: int, entry: Entry) -> Opinion:
        html, mail = entry.rendering.html, posted(entry.rendering, entry.kind, datetime.now(UTC))
        (self.folder / f"{place}.html").write_text(html, encoding="utf-8")
        (self.folder / f"{place}.eml").write_bytes(mail)
        sheets = lxml.html.document_fromstring(html).iter("style")
        return Opinion(
            axe=dict(self._looked_at(place, entry)),
            unknown=caniemail.unknown(html),
            harmful=caniemail.harmful(html),
            rspamd=self.filter.verdict(mail, sender="b+7@bounce.example.com", recipient=READER.email),
            octets=len(html.encode()),
            styles=sum(len((sheet.text or "").encode()) for sheet in sheets),
        )

    def _looked_at(self, place: int, entry: Entry) -> Iterator[tuple[str, list[str]]]:
        file = self.folder / f"{place}-seen.html"
        file.write_text(seen(entry.rendering), encoding="utf-8")
        for window, (width, dark) in axe.WINDOWS.items():
            with opened(self.browser, file, width=width, dark=dark) as page:
                yield window, axe.violations(page)


@contextmanager
def panel() -> Iterator[Panel]:
    """Call the judges together."""
    relay = rspamd(records(), address=RELAY, host=RELAY_NAME)
    with TemporaryDirectory(prefix="panel-") as name, browsing() as browser, relay as judge:
        yield Panel(browser, judge, Path(name))
