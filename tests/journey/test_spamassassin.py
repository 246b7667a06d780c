"""What a spam filter thinks of our mail: SpamAssassin's own rules, without the network."""

from pathlib import Path

import pytest

from newsletter.demo.mailbox import open_mailbox
from tests.judges.spamassassin import Verdict, verdicts
from tests.sites import make_site


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


@pytest.fixture(scope="module")
def judged(mails: dict[str, Path]) -> dict[str, Verdict]:
    """What SpamAssassin says of each, all in one run."""
    said = verdicts(list(mails.values()))
    return {kind: said[mail] for kind, mail in mails.items()}


@pytest.mark.parametrize(("kind", "most"), [("single", -1.0), ("digest", -1.0), ("confirm", 0.0)])
def test_nothing_in_it_looks_like_spam(judged, kind, most):
    """Issues are known as mailing-list mail and meet no rule against them; both parts say the same."""
    assert judged[kind].score <= most, judged[kind].rules
    assert "MPART_ALT_DIFF" not in judged[kind].rules
