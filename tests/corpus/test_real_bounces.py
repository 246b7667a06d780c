"""Real bounces, complaints and automatic answers of many mail systems, read by us and by flufl.bounce.

How they were labelled (`bounce_labels.json`, names of files only): an independent reader of bounces, Sisimai 4, said
what each was about. Then every mail was read by eye where it and ours differed about "nobody is there", and those that
it could not read; what the mail's own code and words say decided. "User unknown", whatever the code beside it, is
`gone`; a closed, full or filtering mailbox is not. Mails that are in no list are other bounces, or delays.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from flufl.bounce import all_failures, scan_message

from newsletter.inbound.reports import read_report
from tests.corpora import at_hand

LABELS: dict[str, list[str]] = json.loads(Path(__file__).with_name("bounce_labels.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def mails() -> dict[str, bytes]:
    """The mails, by folder and name."""
    folder = at_hand("bounces/maildir")
    return {f"{path.parent.name}/{path.stem}": path.read_bytes() for path in sorted(folder.glob("*/*.eml"))}


def said(mails: dict[str, bytes]) -> dict[str, str]:
    """Return what we say of each mail."""
    reports = {name: read_report(raw) for name, raw in mails.items()}
    return {
        name: "nothing" if report is None else report.action if report.kind == "bounce" else report.kind
        for name, report in reports.items()
    }


def test_nobody_is_suppressed_who_is_there(mails: dict[str, bytes]) -> None:
    """Proves that 97 of 100 addresses that we would never mail again are gone, and that most of those are found."""
    gone = set(LABELS["gone"])
    suppressed = {name for name, action in said(mails).items() if action == "suppress"}
    assert len(suppressed & gone) / len(suppressed) >= 0.97, sorted(suppressed - gone)
    assert len(suppressed & gone) / len(gone) >= 0.85, sorted(gone - suppressed)


def test_no_vacation_and_no_complaint_is_a_bounce(mails: dict[str, bytes]) -> None:
    """Proves that complaints and automatic answers are known for what they are, and other mail for nothing at all."""
    for kind in ("complaint", "auto-reply", "nothing"):
        assert {said(mails)[name] for name in LABELS[kind]} == {kind}


def test_nearly_every_bounce_is_known(mails: dict[str, bytes]) -> None:
    """Proves that what came back is not taken for what a person wrote."""
    known = said(mails)
    others = {*LABELS["complaint"], *LABELS["auto-reply"], *LABELS["nothing"]}
    bounces = [action for name, action in known.items() if name not in others]
    assert sum(action in ("suppress", "count", "alert", "none") for action in bounces) / len(bounces) >= 0.99


def test_the_other_reader(mails: dict[str, bytes], record_property: Callable[[str, object], None]) -> None:
    """Proves that we are right more often than flufl.bounce, where it says that an address fails for good."""
    import email

    gone, verdicts = set(LABELS["gone"]), Counter[bool]()
    for name, raw in mails.items():
        message = email.message_from_bytes(raw)
        _, permanent = all_failures(message)
        if permanent and scan_message(message):
            verdicts[name in gone] += 1
    theirs = verdicts[True] / verdicts.total()
    suppressed = [name for name, action in said(mails).items() if action == "suppress"]
    ours = sum(name in gone for name in suppressed) / len(suppressed)
    record_property("ours", f"{ours:.2f} of {len(suppressed)}")
    record_property("flufl.bounce", f"{theirs:.2f} of {verdicts.total()}")
    assert ours > theirs
