"""Every kind of mail before every judge, in one table; and the same content in MJML, if it is there, in another.

python -m tests.corpus.quality [NAME...]      (only groups whose name begins so; it takes some minutes)

Exit status 1 says that something is not as it has to be; what it is stands below the tables.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from newsletter.content.post import Manuscript
from newsletter.content.reader import ContentFolder
from newsletter.languages import OFFERED
from tests.corpora import corpus
from tests.judges import mjml
from tests.judges.panel import Entry, Opinion, Panel, panel
from tests.manuscripts import MASTHEAD
from tests.showpieces import NOTICES, THEMES, demo_posts, designs, issue, letter, notice, torture_post

#: How many posts of each blog are looked at; which ones, a fixed seed decides.
_POSTS, _SEED = 40, 2026

_NOW = datetime(2026, 11, 23, tzinfo=UTC)

Group = tuple[str, list[Entry]]


def main(wanted: list[str]) -> int:
    """Judge all, print, and return the exit status."""
    console = Console(width=150, highlight=False)
    ours = [group for group in _groups() if not wanted or group[0].startswith(tuple(wanted))]
    with panel() as judges:
        judged = [(name, judges.judge(entries)) for name, entries in ours]
        compared = _compared(judges) if mjml.is_there() and not wanted else []
    console.print(_table(judged))
    troubles = list(_troubles(judged))
    if compared:
        console.print(_comparison(compared))
        troubles += _worse(compared)
    for trouble in troubles:
        console.print(trouble, markup=False)
    return 1 if troubles else 0


def _groups() -> Iterator[Group]:
    posts, worst = demo_posts(), torture_post()
    yield (
        "demo, digests",
        [
            Entry(f"{theme}, {body}", issue(posts, body=body, theme=theme))
            for theme in THEMES
            for body in ("summary", "full")
        ],
    )
    yield (
        "demo, designs",
        [Entry(name, issue(posts, body="summary", design=design)) for name, design in designs().items()],
    )
    languages = {tag: replace(MASTHEAD, language=tag, own_language="en") for tag in OFFERED}
    yield (
        "demo, languages",
        [Entry(tag, issue(posts[:3], body="summary", masthead=spoken)) for tag, spoken in languages.items()],
    )
    yield "demo, single posts", [Entry(post.post.id, issue([post])) for post in posts]
    yield (
        "notices",
        [
            *(
                Entry(f"{kind}, {theme}", notice(kind, theme=theme), kind)
                for theme in THEMES
                for kind in NOTICES
            ),
            *(Entry(f"letter, {theme}", letter(theme=theme), "help") for theme in THEMES),
        ],
    )
    yield (
        "notices, languages",
        [
            Entry(f"{kind}, {tag}", notice(kind, masthead=spoken), kind)
            for tag, spoken in languages.items()
            for kind in NOTICES
        ],
    )
    yield (
        "worst post",
        [
            *(Entry(theme, issue([worst], theme=theme)) for theme in THEMES),
            Entry("among others", issue([worst, *posts])),
            Entry("in short", issue([worst, *posts], body="summary")),
        ],
    )
    for blog in ("jekyll", "zola"):
        if some := blog_posts(blog):
            yield (
                f"{blog}, single posts",
                [Entry(post.post.id, issue([post], theme=THEMES[at % 3])) for at, post in enumerate(some)],
            )
            yield (
                f"{blog}, digests",
                [
                    Entry("40 in short", issue(some, body="summary")),
                    Entry("40 in full", issue(some)),
                    *(
                        Entry(f"10 in full, {at}", issue(some[at : at + 10]))
                        for at in range(0, len(some), 10)
                    ),
                ],
            )


def blog_posts(blog: str) -> list[Manuscript]:
    """Return some posts of a real blog, the same ones each time."""
    root = corpus(f"content/{blog}")
    if root is None:
        return []
    content = ContentFolder(root, timezone=ZoneInfo("UTC"))
    sendable = [post for post in content.scan().posts if post.why_not_sendable(_NOW) is None]
    chosen = Random(_SEED).sample(sorted(sendable, key=lambda post: post.id), _POSTS)
    return [content.load(post) for post in chosen]


def _table(judged: list[tuple[str, dict[str, Opinion]]]) -> Table:
    table = Table(
        "mails", "number", "axe", "html-validate", "unknown and harmful", "SpamAssassin", "rspamd",
        "parts differ", "HTML", "styles", title="Ours: the number of faults, or the worst value",
    )  # fmt: skip
    for name, opinions in judged:
        said = list(opinions.values())
        table.add_row(
            name,
            str(len(said)),
            str(sum(len(found) for one in said for found in one.axe.values())),
            str(sum(len(one.html) for one in said)),
            str(sum(len(one.harmful) for one in said)),
            f"{max(one.spamassassin.score for one in said):.1f}",
            f"{max(one.rspamd.score for one in said):.2f}",
            str(sum("MPART_ALT_DIFF" in one.spamassassin.rules for one in said)),
            f"{max(one.octets for one in said):,}",
            f"{max(one.styles for one in said):,}",
        )
    return table


def _troubles(judged: list[tuple[str, dict[str, Opinion]]]) -> Iterator[str]:
    for group, opinions in judged:
        # a notice is no mailing-list mail, which is what earns the -1.0
        most = 0.0 if group.startswith("notices") else -1.0
        for name, said in opinions.items():
            found = [f"axe, {window}: {fault}" for window, faults in said.axe.items() for fault in faults]
            found += [f"html-validate: {fault}" for fault in said.html]
            found += [f"{feature} is not known to {', '.join(who)}" for feature, who in said.harmful.items()]
            if said.spamassassin.score > most or "MPART_ALT_DIFF" in said.spamassassin.rules:
                found.append(f"SpamAssassin: {said.spamassassin}")
            if said.rspamd.score >= 0:
                found.append(
                    f"rspamd: { {rule: score for rule, score in said.rspamd.rules.items() if score} }"
                )
            if said.octets >= 100_000 or said.styles >= 16_000:
                found.append(f"{said.octets:,} bytes of HTML, {said.styles:,} of styles")
            yield from (f"{group}, {name}: {fault}" for fault in found)


def _compared(judges: Panel) -> list[tuple[str, Opinion, Opinion]]:
    """Judge ours and MJML's of the same content."""
    contents = [("demo, in short", demo_posts(), False), ("worst post", (torture_post(),), True)]
    for blog in ("jekyll", "zola"):
        contents += [(f"{blog}, {post.post.id}", (post,), True) for post in blog_posts(blog)[:5]]
    rows = []
    for name, posts, full in contents:
        ours = issue(posts, body="full" if full else "summary", intro="")
        with TemporaryDirectory(prefix="mjml-") as folder:
            theirs = mjml.remade(ours, posts, MASTHEAD, Path(folder), full=full)
        said = judges.judge([Entry("ours", ours), Entry("MJML", theirs)])
        rows.append((name, said["ours"], said["MJML"]))
    return rows


def _measures(said: Opinion) -> dict[str, float]:
    """Return what is compared: the less, the better."""
    return {
        "axe": sum(map(len, said.axe.values())),
        "html-validate": len(said.html),
        "unknown": sum(map(len, said.unknown.values())),
        "and harmful": sum(map(len, said.harmful.values())),
        "SpamAssassin": said.spamassassin.score,
        "rspamd": round(said.rspamd.score, 2),
        "HTML": said.octets,
    }


def _comparison(compared: list[tuple[str, Opinion, Opinion]]) -> Table:
    names = list(_measures(compared[0][1]))
    table = Table("the same content", *names, title="Ours / MJML's: the less, the better")
    for name, ours, theirs in compared:
        mine, others = _measures(ours), _measures(theirs)
        table.add_row(name[:40], *(f"{mine[each]:,} / {others[each]:,}" for each in names))
    table.add_section()
    table.add_row("together", *(f"{mine:,} / {others:,}" for mine, others in _together(compared).values()))
    return table


def _together(compared: list[tuple[str, Opinion, Opinion]]) -> dict[str, tuple[float, float]]:
    """Return each column as a whole, for ours and for theirs: what is counted as the sum, a score as the worst."""
    pairs = [(_measures(ours), _measures(theirs)) for _, ours, theirs in compared]
    whole = {each: max if each in ("SpamAssassin", "rspamd") else sum for each in pairs[0][0]}
    return {
        each: (found(mine[each] for mine, _ in pairs), found(others[each] for _, others in pairs))
        for each, found in whole.items()
    }


def _worse(compared: list[tuple[str, Opinion, Opinion]]) -> list[str]:
    return [
        f"MJML's are better by {each}, {others:,} against {mine:,}"
        for each, (mine, others) in _together(compared).items()
        if mine > others
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
