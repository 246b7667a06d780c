"""What a validator, caniemail.com and two spam filters say of our mail. The whole matrix is `tests.corpus.quality`."""

from datetime import UTC, datetime
from pathlib import Path

import lxml.html
import pytest

from newsletter.issues.rendering import Rendering
from tests.judges import caniemail, html_validate, spamassassin
from tests.judges.rspamd import rspamd
from tests.posting import READER, RELAY, RELAY_NAME, posted, records
from tests.showpieces import NOTICES, SHOWPIECES, issue, showpiece, torture_post

#: Whose mails are measured: the suite's showpieces, and the worst post with all of its code.
MAILS = (*SHOWPIECES, "worst")


def made(name: str) -> Rendering:
    return issue([torture_post()]) if name == "worst" else showpiece(name)


def mail(name: str) -> bytes:
    return posted(made(name), name if name in NOTICES else "issue", datetime.now(UTC))


def test_the_html_is_valid(tmp_path: Path) -> None:
    """Proves that html-validate finds nothing in any mail, but what a mail has to do otherwise than a page."""
    files = {name: tmp_path / f"{name}.html" for name in MAILS}
    for name, file in files.items():
        file.write_text(made(name).html, encoding="utf-8")
    assert {
        file.name: said for file, said in html_validate.faults(files.values(), tmp_path).items() if said
    } == {}


@pytest.mark.parametrize("name", MAILS)
def test_large_mail_programs_know_all_that_matters(name: str) -> None:
    """Proves that what Gmail, Outlook, Apple Mail or Yahoo does not know does no harm, also in style sheets."""
    assert caniemail.harmful(made(name).html) == {}


@pytest.mark.parametrize("name", MAILS)
def test_no_mail_is_cut(name: str) -> None:
    """Proves that Gmail shows all of a mail and reads all of its styles."""
    html = made(name).html
    assert len(html.encode()) < 100_000
    sheets = lxml.html.document_fromstring(html).iter("style")
    assert sum(len((sheet.text or "").encode()) for sheet in sheets) < 16_000


def test_rspamd_likes_it() -> None:
    """Proves that mail of a sender whose DNS is in order is rather wanted than not: a score below 0, for every mail."""
    with rspamd(records(), address=RELAY, host=RELAY_NAME) as judge:
        sender, recipient = "b+7@bounce.example.com", READER.email
        said = {name: judge.verdict(mail(name), sender=sender, recipient=recipient) for name in MAILS}
    assert {name: verdict for name, verdict in said.items() if verdict.score >= 0} == {}
    assert all({"R_DKIM_ALLOW", "R_SPF_ALLOW"} <= verdict.rules.keys() for verdict in said.values())


def test_spamassassin_likes_it(tmp_path: Path) -> None:
    """Proves that issues are known as mailing-list mail and meet no rule against them; both parts say the same."""
    files = [tmp_path / f"{name}.eml" for name in ("demo", "worst", "digest")]
    for file in files:
        file.write_bytes(mail(file.stem))
    for file, verdict in spamassassin.verdicts(files).items():
        assert verdict.score <= -1.0, (file.name, verdict)
        assert "MPART_ALT_DIFF" not in verdict.rules
