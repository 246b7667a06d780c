"""The register of posts: which ones were ever sendable, under which number, and what a rename is.

A post gets an ever-growing number when it first becomes sendable. Readers remember the last number they were
served, so that "new to this reader" is one comparison and needs no timestamp (law 1).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, exists, func, insert, select, update

from newsletter.content.post import Post
from newsletter.issues import calendar, tables

_EMPTY = sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """What the register remembers of a post."""

    number: int
    identity: str
    path: str
    title: str
    published_at: datetime
    body_hash: str
    baseline: bool


@dataclass(frozen=True, slots=True)
class Numbering:
    """What a scan means for the register: who is known, who is new, and who only got another name."""

    known: Mapping[str, Known]  # by identity, renames already followed
    new: tuple[Post, ...]  # in the order of their numbers
    renamed: Mapping[str, str]  # old identity → new identity
    changed: tuple[Post, ...]  # known ones whose file or text is not what the register remembers
    highest: int  # the highest number given before this scan

    @property
    def numbers(self) -> dict[str, int]:
        """The number of every post that has or gets one, by identity."""
        return {identity: known.number for identity, known in self.known.items()} | {
            post.id: self.highest + offset for offset, post in enumerate(self.new, 1)
        }

    @property
    def baseline(self) -> frozenset[str]:
        return frozenset(identity for identity, known in self.known.items() if known.baseline)

    @property
    def last(self) -> int:
        return self.highest + len(self.new)


def known_posts(connection: Connection) -> list[Known]:
    """Read the register."""
    columns = [tables.posts.c[name] for name in Known.__slots__]
    return [Known(*row) for row in connection.execute(select(*columns).order_by(tables.posts.c.number))]


def number_posts(known: Sequence[Known], posts: Sequence[Post], now: datetime) -> Numbering:
    """Give numbers to the posts that are sendable for the first time. Pure.

    A post under an unknown identity is a renamed one when a known post has left the folder and had the same
    text, or the same title and date: then it keeps its number, and nobody gets it twice. Known posts are followed
    also while they may not be sent, so that what happens to them then is not too much at once.
    """
    by_identity = {entry.identity: entry for entry in known}
    dated = [post for post in posts if post.published_at is not None]
    present = {post.id for post in posts}
    gone = [entry for entry in known if entry.identity not in present]
    renamed: dict[str, str] = {}
    new: list[Post] = []
    for is_sendable, post in sorted(((_is_sendable(post, now), post) for post in dated), key=_sendable_first):
        if post.id in by_identity:
            continue
        if former := _former(post, gone):
            gone.remove(former)
            renamed[former.identity] = post.id
        elif is_sendable:
            new.append(post)
    following = {renamed.get(identity, identity): entry for identity, entry in by_identity.items()}
    changed = tuple(post for post in dated if post.id in following and _differs(following[post.id], post))
    return Numbering(
        following, tuple(new), renamed, changed, max((entry.number for entry in known), default=0)
    )


def _is_sendable(post: Post, now: datetime) -> bool:
    return post.why_not_sendable(now) is None


def _sendable_first(judged: tuple[bool, Post]) -> tuple[bool, datetime, str]:
    """Sort posts by date; who may be sent comes first, for of two namesakes it is the one that would be sent twice."""
    is_sendable, post = judged
    assert post.published_at is not None, "only posts with a date are looked at"
    return not is_sendable, post.published_at, post.id


def _former(post: Post, gone: Iterable[Known]) -> Known | None:
    for entry in gone:
        same_text = entry.body_hash == post.body_hash != _EMPTY
        if same_text or (entry.title, entry.published_at) == (post.title, post.published_at):
            return entry
    return None


def _differs(entry: Known, post: Post) -> bool:
    return (entry.path, entry.title, entry.published_at, entry.body_hash) != (
        post.path,
        post.title,
        post.published_at,
        post.body_hash,
    )


def enter(connection: Connection, numbering: Numbering, now: datetime, *, baseline: bool = False) -> None:
    """Write what a scan changed into the register; with `baseline` the new ones count as seen, not to be sent."""
    for former, identity in numbering.renamed.items():
        for table in (tables.posts, tables.rendering_posts):
            connection.execute(update(table).where(table.c.identity == former).values(identity=identity))
    for post in numbering.changed:
        connection.execute(
            update(tables.posts).where(tables.posts.c.identity == post.id).values(_remembered(post))
        )
    if numbering.new:
        numbers = numbering.numbers
        common = {"baseline": baseline, "first_seen_at": now}
        connection.execute(
            insert(tables.posts),
            [
                {"number": numbers[post.id], "identity": post.id, **_remembered(post), **common}
                for post in numbering.new
            ],
        )


def _remembered(post: Post) -> dict[str, object]:
    return {
        "path": post.path,
        "title": post.title,
        "published_at": post.published_at,
        "body_hash": post.body_hash,
    }


def lift_baseline(connection: Connection) -> int:
    """Make the posts of the baseline new for everybody, by giving them new numbers; return how many there were."""
    numbers = connection.scalars(select(tables.posts.c.number).where(tables.posts.c.baseline)).all()
    connection.execute(update(tables.posts).where(tables.posts.c.baseline).values(baseline=False))
    renumber(connection, numbers)
    return len(numbers)


def in_an_issue(connection: Connection, numbers: Collection[int]) -> set[int]:
    """Return those of these posts that an issue ever held, also one that was cancelled."""
    held = (
        exists()
        .where(tables.rendering_posts.c.identity == tables.posts.c.identity)
        .where(tables.renderings.c.id == tables.rendering_posts.c.rendering_id)
        .where(tables.renderings.c.issue_number.is_not(None))
    )
    return set(
        connection.scalars(select(tables.posts.c.number).where(tables.posts.c.number.in_(numbers), held))
    )


def between(connection: Connection, above: int, up_to: int) -> list[int]:
    """Return the numbers of the posts above a number, up to and with another."""
    number = tables.posts.c.number
    return list(connection.scalars(select(number).where(number > above, number <= up_to)))


def renumber(connection: Connection, numbers: Collection[int]) -> None:
    """Give posts new numbers, above all others, in the same order: so they stay new to everybody who lacks them."""
    highest = newest_number(connection)
    for offset, number in enumerate(sorted(numbers), 1):
        connection.execute(
            update(tables.posts).where(tables.posts.c.number == number).values(number=highest + offset)
        )


def starting_number(
    connection: Connection, cadence: str | None = None, *, period_began: datetime | None = None
) -> int:
    """Return the number that a new reader counts as served up to: all of the baseline, and all of the last issue.

    Posts that were noticed since, or whose issue was cancelled, wait for the next one, and the new reader gets
    them with it. Where there was no issue yet, what was noticed before `period_began` counts as served, too.
    """
    served = calendar.reached(connection, cadence)
    if served is None and period_began is not None:
        noticed_before = select(func.max(tables.posts.c.number)).where(
            tables.posts.c.first_seen_at < period_began
        )
        served = connection.scalar(noticed_before)
    return max(baseline(connection), served or 0)


def baseline(connection: Connection) -> int:
    """Return the number up to which posts were there before the newsletter began."""
    return connection.scalar(select(func.max(tables.posts.c.number)).where(tables.posts.c.baseline)) or 0


def newest_number(connection: Connection) -> int:
    """Return the number of the newest post; 0 when there is none."""
    return connection.scalar(select(func.max(tables.posts.c.number))) or 0


def noticed(connection: Connection, above: int) -> dict[str, datetime]:
    """Return when the posts above a number were noticed, by identity."""
    query = select(tables.posts.c.identity, tables.posts.c.first_seen_at)
    return dict(connection.execute(query.where(tables.posts.c.number > above)).all())
