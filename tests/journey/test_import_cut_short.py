"""An import that is killed halfway, on both engines: what is in is whole, and the same file again brings the rest."""

from collections import Counter
from pathlib import Path

from sqlalchemy import Engine, func, select

from newsletter.application.opening import opened
from subscribers.database import reading
from subscribers.exchange.importing import PAGE
from subscribers.tables import consents, subscribers, suppressions
from tests.processes import PATIENCE, wait_until
from tests.sites import TestSite, make_site

#: Of each five, Buttondown says of one that they have left, and of one that they complained.
ROWS = 20 * PAGE
_TYPES = ("regular", "regular", "unsubscribed", "regular", "complained")


def people(folder: Path) -> Path:
    """Write a file of many readers."""
    file = folder / "people.csv"
    head = "email_address,notes,metadata,tags,referrer_url,creation_date,type\n"
    line = 'reader{}@example.org,,{{}},"tides, boats",,2024-01-15T10:00:00Z,{}\n'
    file.write_text(head + "".join(line.format(number, _TYPES[number % 5]) for number in range(ROWS)))
    return file


def stand(site: TestSite) -> Counter[str]:
    """Count the readers by how they stand."""
    query = select(subscribers.c.status, func.count()).group_by(subscribers.c.status)
    with opened(site.directory) as there, reading(there.engine) as connection:
        return Counter(dict(connection.execute(query).all()))


def test_killed_halfway(engine: Engine, tmp_path: Path) -> None:
    """Whole pages are in, each reader with their record; the second time adds those who were missing, and no more."""
    site = make_site(tmp_path / "site", database=engine.url.render_as_string(hide_password=False))
    command = ("subscribers", "import", people(tmp_path), "--basis", "they subscribed there")
    process = site.start(*command)
    wait_until(lambda: stand(site).total())
    process.kill()
    process.communicate(timeout=PATIENCE)
    before = stand(site).total()
    assert 0 < before < ROWS
    assert before % PAGE == 0

    rows = site.data(*command)["rows"]
    assert rows["known"] == before
    assert sum(rows.values()) == ROWS
    assert stand(site) == {"confirmed": ROWS * 3 // 5, "unsubscribed": ROWS * 2 // 5}
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(suppressions)) == ROWS // 5
        acts = select(func.count(), func.count(consents.c.subscriber_id.distinct())).select_from(consents)
        assert connection.execute(acts).one() == (ROWS, ROWS)
