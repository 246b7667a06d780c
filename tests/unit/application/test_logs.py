"""The log: what stands in a line, for people and for machines, and what never does."""

import json
from collections.abc import Iterator

import pytest

from newsletter.application import logs


@pytest.fixture(autouse=True)
def _quiet_afterwards() -> Iterator[None]:
    yield
    logs.end()


def test_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object a line, with the moment and the event first."""
    logs.begin("auto")
    logs.event("finished", issue=7, sent=25)
    logs.trouble("refused", issue=8, reply="550 nein")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [list(line)[:3] for line in lines] == [["at", "level", "event"]] * 2
    assert [(line["level"], line["event"], line["issue"]) for line in lines] == [
        ("info", "finished", 7),
        ("warning", "refused", 8),
    ]


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """The event with key=value, and no colours."""
    logs.begin("text")
    logs.event("finished", issue=7, subject="The tide is in")
    shown = capsys.readouterr().err
    assert "finished" in shown
    assert "issue=7" in shown
    assert "subject='The tide is in'" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("shape", ["json", "text"])
def test_no_addresses(capsys: pytest.CaptureFixture[str], shape: logs.Shape) -> None:
    """The relay's words may name a reader, with whatever quotes or brackets: only the domain is kept."""
    logs.begin(shape)
    words = "550 5.1.1 <ana.b+news@example.org>: bad (ben@example.org), 'cleo@example.org' dörte@example.org"
    logs.trouble("refused", reply=words, reason=words)
    shown = capsys.readouterr().err
    for name in ("ana", "ben", "cleo", "dörte"):
        assert name not in shown
    assert shown.count("…@example.org") == 8


def test_a_line_stays_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What others wrote cannot forge a line."""
    for shape in ("json", "text"):
        logs.begin(shape)
        logs.event("issue frozen", subject='storm\n{"event": "forged"}')
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_nothing_before_it_is_begun(capsys: pytest.CaptureFixture[str]) -> None:
    """Without being asked for, or when it is off, the log is silent."""
    logs.event("finished")
    logs.begin("off")
    logs.event("finished")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")
