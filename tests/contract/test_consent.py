"""The record of consent, the same on both engines."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from subscribers import consent, roster
from subscribers.consent import Consent
from subscribers.database import reading, writing
from tests.contract.readers import add


def test_a_record_is_kept_in_order(engine: Engine, now: datetime) -> None:
    """Who asked, when, how, from where, and under which words: all of it comes back, per reader."""
    with writing(engine) as connection:
        ana, bob = add(connection, "ana@example.com", now), add(connection, "bob@example.com", now)
        consent.record(
            connection, ana.id, "asked", how="form", source="https://x.test/", wording="1 en", now=now
        )
        consent.record(connection, bob.id, "confirmed", how="author", wording="met at the fair", now=now)
        consent.record(connection, ana.id, "confirmed", how="link", now=now + timedelta(minutes=3))
    with reading(engine) as connection:
        assert consent.history(connection, ana.id) == [
            Consent(now, "asked", "form", "https://x.test/", "1 en"),
            Consent(now + timedelta(minutes=3), "confirmed", "link", "", ""),
        ]
        assert len(consent.history(connection, bob.id)) == 1


def test_the_record_outlives_what_the_subscription_becomes(engine: Engine, now: datetime) -> None:
    """Leaving and being asked again add to the record and take nothing away."""
    with writing(engine) as connection:
        reader = add(connection, "ana@example.com", now)
        for act in ("asked", "confirmed", "withdrawn"):
            consent.record(connection, reader.id, act, how="author", now=now)
        roster.leave(connection, reader.id, now)
        add(connection, "ana@example.com", now)
        assert [entry.act for entry in consent.history(connection, reader.id)] == [
            "asked",
            "confirmed",
            "withdrawn",
        ]


def test_the_module_can_only_append() -> None:
    """No function changes or removes evidence, and none is imported that could."""
    public = {name for name in vars(consent) if not name.startswith("_")}
    assert {"record", "history"} <= public
    assert not public & {"update", "delete", "text"}


@pytest.mark.parametrize(("act", "how"), [("agreed", "form"), ("asked", "telepathy")])
def test_an_act_without_a_name_is_a_fault_of_the_caller(
    engine: Engine, now: datetime, act: str, how: str
) -> None:
    """Evidence that nobody could interpret later is not written."""
    with writing(engine) as connection:
        reader = add(connection, "ana@example.com", now)
        with pytest.raises(ValueError, match="no act of consent"):
            consent.record(connection, reader.id, act, how=how, now=now)
