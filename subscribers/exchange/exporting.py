"""All readers as a file of ours, in the order in which they came."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice

from sqlalchemy import Connection, select

from subscribers import roster
from subscribers.consent import Consent
from subscribers.exchange import ours
from subscribers.roster import Subscriber
from subscribers.tables import consents, subscribers, suppressions

_PAGE = 500


def export(connection: Connection) -> Iterator[str]:
    """Yield the file in pieces; lines end as RFC 4180 wants them.

    Addresses that are only suppressed are not in it: of them we have nothing but a hash under this site's own key.
    """
    yield _lines([list(ours.COLUMNS)])
    readers = roster.everyone(connection)
    while page := list(islice(readers, _PAGE)):
        yield _lines(_rows(connection, page))


def _rows(connection: Connection, page: Sequence[Subscriber]) -> Iterator[list[str]]:
    ids = [reader.id for reader in page]
    columns = [consents.c[name] for name in Consent.__slots__]
    record: dict[int, list[Consent]] = defaultdict(list)
    query = select(consents.c.subscriber_id, *columns).where(consents.c.subscriber_id.in_(ids))
    for owner, *act in connection.execute(query.order_by(consents.c.id)):
        record[owner].append(Consent(*act))
    never = select(subscribers.c.id, suppressions.c.reason).join(
        suppressions, suppressions.c.address_hash == subscribers.c.address_hash
    )
    found = connection.execute(never.where(subscribers.c.id.in_(ids)))
    reasons: dict[int, str] = dict(found.all())
    for reader in page:
        yield ours.row(reader, record[reader.id], reasons.get(reader.id, ""))


def _lines(rows: Sequence[list[str]] | Iterator[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()
