"""The rate is shared: the moments that are given out follow one another, whoever asks for them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from newsletter.outbox.delivery.pace import Pace
from newsletter.outbox.tables import pace
from subscribers.database import open_engine, reading


def taken_until(engine: Engine) -> datetime | None:
    """Return up to when the time is given out."""
    with reading(engine) as connection:
        return connection.scalar(select(pace.c.next_at))


def is_over() -> bool:
    """Say that the run is over, so that nobody waits for the moment that was given out."""
    return True


def test_no_moment_is_given_out_twice(engine: Engine, now: datetime) -> None:
    """Two workers with four connections each ask at once, 20 times: at one a second, that takes 160 seconds."""
    url = engine.url.render_as_string(hide_password=False)
    engines = [open_engine(url), open_engine(url)]
    paces = [Pace(each, 1, lambda: now) for each in engines]

    def ask(one: Pace) -> None:
        for _ in range(20):
            one.wait(1, is_over)

    with ThreadPoolExecutor(8) as connections:
        list(connections.map(ask, paces * 4))
    assert taken_until(engine) == now + timedelta(seconds=160)
    for each in engines:
        each.dispose()


def test_time_that_nobody_used_is_not_made_up_for(engine: Engine, now: datetime) -> None:
    """After an hour without mail there is no burst: the next moment is now."""
    clock = [now]
    one = Pace(engine, 1, lambda: clock[0])
    one.wait(1, is_over)
    clock[0] += timedelta(hours=1)
    one.wait(1, is_over)
    assert taken_until(engine) == clock[0] + timedelta(seconds=1)


def test_a_clock_that_is_behind_does_not_go_before_its_turn(engine: Engine, now: datetime) -> None:
    """Machines' clocks differ; whoever's is behind stands in line all the same."""
    Pace(engine, 1, lambda: now).wait(2, is_over)
    Pace(engine, 1, lambda: now - timedelta(seconds=30)).wait(1, is_over)
    assert taken_until(engine) == now + timedelta(seconds=3)


def test_without_a_rate_nothing_is_given_out(engine: Engine, now: datetime) -> None:
    """No limit, no row, no wait."""
    unlimited = Pace(engine, 0, lambda: now)
    unlimited.wait(1000, lambda: False)
    assert not unlimited.limits
    assert taken_until(engine) is None
