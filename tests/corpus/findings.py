"""Findings of preflight on real blogs, to be read by eye: is each true? python -m tests.corpus.findings [COUNT] [SEED]

Some posts of each blog, by a seed, are made into an issue each and judged; of what is found, every kind gets its
share of the sample. With every finding stands what it is about.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from random import Random
from zoneinfo import ZoneInfo

from newsletter.content.post import Problem
from newsletter.content.reader import ContentFolder
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from tests.corpora import corpus
from tests.showpieces import issue

#: Which posts and which findings are looked at, unless another seed is named.
_SEED = 2026

#: Posts of each blog.
_POSTS = 400

#: Lines of the file around a finding.
_AROUND = 1


def main(count: int, seed: int) -> None:
    """Print the sample, and how many findings of each kind there are."""
    by_kind: dict[str, list[tuple[str, Problem]]] = defaultdict(list)
    for blog in ("jekyll", "zola"):
        for problem in dict.fromkeys(_found(blog, seed)):  # the folder and the mail may tell of the same
            by_kind[problem.kind].append((blog, problem))
    print({kind: len(found) for kind, found in sorted(by_kind.items())})
    print(Counter(blog for found in by_kind.values() for blog, _ in found))
    for number, (blog, problem) in enumerate(_sample(by_kind, count, seed), 1):
        print(f"\n{number}. [{problem.kind}, {problem.severity}] {blog}: {problem}")
        print(_context(blog, problem))


def _found(blog: str, seed: int) -> Iterator[Problem]:
    root = corpus(f"content/{blog}")
    if root is None:
        return
    content = ContentFolder(root, timezone=ZoneInfo("UTC"))
    scan = content.scan()
    yield from scan.problems
    for post in Random(seed).sample(scan.posts, min(_POSTS, len(scan.posts))):
        manuscript = content.load(post)
        mail = Mail(issue([manuscript], intro=""), [manuscript], "en")
        yield from judge(mail)


def _sample(
    by_kind: dict[str, list[tuple[str, Problem]]], count: int, seed: int
) -> Iterator[tuple[str, Problem]]:
    """Take one of each kind, then another, until there are enough."""
    random = Random(seed)
    heaps = [random.sample(found, len(found)) for _, found in sorted(by_kind.items())]
    while count and heaps:
        for heap in heaps[:count]:
            yield heap.pop()
        count -= len(heaps[:count])
        heaps = [heap for heap in heaps if heap]


def _context(blog: str, problem: Problem) -> str:
    root = corpus(f"content/{blog}")
    if root is None or not problem.line:
        return ""
    lines = (root / problem.path).read_text("utf-8").split("\n")
    shown = range(max(0, problem.line - 1 - _AROUND), min(len(lines), problem.line + _AROUND))
    return "\n".join(f"    {at + 1:>4} {lines[at][:300]}" for at in shown)


if __name__ == "__main__":
    chosen = dict(enumerate(map(int, sys.argv[1:])))
    main(chosen.get(0, 50), chosen.get(1, _SEED))
