"""This site's secrets, the same on both engines."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from newsletter import migrations
from subscribers import keys
from subscribers.database import reading, writing
from subscribers.errors import DatabaseUnavailable
from subscribers.tables import keys as table


def test_making_keys_twice_makes_them_once(engine: Engine, now: datetime) -> None:
    """The suppression key must never change, or everybody on the list is mailed again."""
    with writing(engine) as connection:
        before = connection.execute(select(table)).all()
        keys.create(connection, now)
        assert connection.execute(select(table)).all() == before
    assert sorted(row.purpose for row in before) == ["suppression", "tokens"]
    assert all(len(row.secret) == 32 for row in before)


def test_links_in_old_mail_survive_a_rotation(engine: Engine, now: datetime) -> None:
    """A new key signs, the old one still verifies, and the suppression key is what it was."""
    with writing(engine) as connection:
        hashing = keys.suppression_key(connection)
        old = keys.tokens(connection).sign("unsubscribe", 17)
        keys.rotate(connection, now)
    with reading(engine) as connection:
        rotated = keys.tokens(connection)
        assert rotated.read("unsubscribe", old) == (17,)
        assert rotated.sign("unsubscribe", 17) != old
        assert keys.suppression_key(connection) == hashing


def test_a_database_without_keys_says_so(empty_engine: Engine) -> None:
    """Not an empty secret, and not a traceback."""
    with writing(empty_engine) as connection:
        migrations.upgrade(connection)
        with pytest.raises(DatabaseUnavailable, match="has no tokens key"):
            keys.tokens(connection)
        with pytest.raises(DatabaseUnavailable, match="has no suppression key"):
            keys.suppression_key(connection)
