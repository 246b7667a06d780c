"""What a spam filter thinks of our mail: SpamAssassin's own rules, without the network."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from newsletter.demo.mailbox import open_mailbox
from tests.requirements import require
from tests.sites import make_site


def judged(mail: Path) -> tuple[float, set[str]]:
    """Return the score of a mail and the rules that it met."""
    require("SpamAssassin", shutil.which("spamassassin"))
    with mail.open("rb") as file:
        ran = subprocess.run(["spamassassin", "-t", "-L"], stdin=file, capture_output=True, check=True)
    report = ran.stdout.decode("utf-8", "replace")
    score = re.search(r"Content analysis details:\s+\((-?[\d.]+) points", report)
    assert score is not None, report[-2000:]
    return float(score[1]), set(re.findall(r"^\s*-?[\d.]+ ([A-Z0-9_]{4,})", report, re.MULTILINE))


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A digest, an issue of one post, and the mail that asks for confirmation, as a relay got them."""
    folder = tmp_path_factory.mktemp("spamassassin")
    kept = {}
    with open_mailbox(folder / "mail") as (mailbox, port):
        site = make_site(folder / "site", port=port)
        site.reader("ana@example.org")
        site.done("subscribers", "add", "ben@example.org")
        kept["confirm"] = mailbox.arrived.pop().path
        for kind, names in {"single": ["storm"], "digest": ["ferry", "fog", "gulls"]}.items():
            for name in names:
                site.write(f"{name}.md", f"Some words about the {name}, and then some more of them.\n\n" * 3)
            site.send()
            kept[kind] = mailbox.arrived.pop().path.rename(folder / f"{kind}.eml")
    return kept


@pytest.mark.parametrize(("kind", "most"), [("single", -1.0), ("digest", -1.0), ("confirm", 0.0)])
def test_nothing_in_it_looks_like_spam(mails, kind, most):
    """Issues are known as mailing-list mail and meet no rule against them; both parts say the same."""
    score, rules = judged(mails[kind])
    assert score <= most, rules
    assert "MPART_ALT_DIFF" not in rules
