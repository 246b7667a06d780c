"""Judging a mail by all rules about mails, before its issue is frozen. Pure."""

from collections.abc import Callable, Collection, Iterator

from newsletter.content.post import Problem
from newsletter.preflight import contrast, structure, support, weight, words
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import heard

#: What is looked at in every issue, in the order in which an author would want to hear of it.
_EXAMINATIONS: tuple[Callable[[Mail], Iterator[Problem]], ...] = (
    words.subject,
    words.preheader,
    words.placeholders,
    words.long_words,
    words.unresolved,
    structure.ways_out,
    structure.headings,
    structure.links,
    structure.images,
    structure.language,
    contrast.in_light,
    contrast.in_dark,
    weight.size,
    weight.styles,
    weight.images,
    weight.addresses,
    support.unsupported,
)


def judge(mail: Mail, *, silenced: Collection[str] = ()) -> tuple[Problem, ...]:
    """Return what would spoil a mail: what was found while it was made, and what shows in it as a whole."""
    found = (problem for examination in _EXAMINATIONS for problem in examination(mail))
    own = {m.post.path: m.post.silenced for m in mail.manuscripts}
    return heard((*mail.rendering.problems, *found), silenced, own)
