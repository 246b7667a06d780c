"""What a mail must have, and how it must be built, so that everybody finds their way through it. Pure."""

from collections.abc import Iterator
from itertools import pairwise

from newsletter.content.post import Problem
from newsletter.issues import merge
from newsletter.preflight.mail import Mail, words_of
from newsletter.preflight.rules import MAILS, TEXTS

#: Links that say nothing where they are read on their own, in the languages in which we speak to readers.
_EMPTY_WORDS = frozenset(
    ["here", "click here", "this", "link", "this link", "read more", "more", "read on", "hier", "hier klicken",
     "mehr", "weiterlesen", "ici", "cliquez ici", "lire la suite", "aquí", "haz clic aquí", "leer más", "qui",
     "clicca qui", "leggi tutto", "klik hier", "lees meer", "aqui", "clique aqui", "leia mais", "tutaj",
     "kliknij tutaj", "czytaj dalej", "こちら", "ここ", "هنا", "اضغط هنا"]
)  # fmt: skip

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def ways_out(mail: Mail) -> Iterator[Problem]:
    """Every issue lets its reader leave, and choose, from its HTML and from its text."""
    hrefs = [link.get("href") or "" for link in mail.document.iter("a")]
    for name, field in (
        ("unsubscribe-link", merge.UNSUBSCRIBE_URL),
        ("preferences-link", merge.PREFERENCES_URL),
    ):
        what = name.replace("-link", "")
        if not any(field in href for href in hrefs):
            yield MAILS[name].problem(f"The HTML part has no link to {what}.")
        if field not in mail.rendering.text:
            yield MAILS[name].problem(f"The text part has no link to {what}.")


def headings(mail: Mail) -> Iterator[Problem]:
    """One heading for the mail, and below it no level skipped."""
    found = [(int(heading.tag[1]), words_of(heading)) for heading in mail.document.iter(*_HEADINGS)]
    first = [words for level, words in found if level == 1]
    if len(first) != 1:
        yield MAILS["heading-order"].problem(
            f"The mail has {len(first) or 'no'} headings of the first level."
        )
    for (above, _), (level, words) in pairwise(found):
        if level > above + 1:
            yield MAILS["heading-order"].problem(
                f"“{_short(words)}” is a heading of level {level} below one of level {above}.",
                mail.place_of(words),
            )


def links(mail: Mail) -> Iterator[Problem]:
    """Every link says where it leads, and leads somewhere."""
    places = {element.get("id") for element in mail.document.iter() if element.get("id")}
    places |= {link.get("name") for link in mail.document.iter("a") if link.get("name")}
    for link in mail.document.iter("a"):
        href = link.get("href")
        if href is None:
            continue
        words = words_of(link)
        if not words:
            yield MAILS["link-missing-text"].problem(
                f"The link to {_short(href)} has no words.", mail.place_of(href)
            )
        elif words.casefold().strip(" .:»›→…") in _EMPTY_WORDS:
            yield MAILS["link-text"].problem(
                f"The link “{words}” does not say where it leads, to {_short(href)}.",
                mail.place_of_link(words, href),
            )
        if href.startswith("#") and href[1:] not in places:
            yield MAILS["anchor"].problem(
                f"“{_short(words)}” jumps to {href}, which is not in the mail.", mail.place_of(href)
            )


def language(mail: Mail) -> Iterator[Problem]:
    """The mail says in which language it is, also where a mail program drops its first element."""
    wrapper = next((e for e in mail.document.iter("div", "table") if e.getparent().tag == "body"), None)
    for what, element in (("<html>", mail.document), ("its first element", wrapper)):
        given = element.get("lang") if element is not None else None
        if given != mail.language:
            shown = f"says lang={given!r}" if given else "has no lang"
            yield MAILS["language"].problem(f"{what} {shown}, and the mail is in {mail.language!r}.")


def images(mail: Mail) -> Iterator[Problem]:
    """Every image has a description and a size."""
    for image in mail.document.iter("img"):
        source = image.get("src") or ""
        if image.get("alt") is None:
            yield TEXTS["no-alt"].problem(
                f"The image {_short(source)} has no description.",
                mail.place_of(source, source.rpartition("/")[2]),
            )
        if not (image.get("width") or "").rstrip("%px").isdigit():
            yield MAILS["image-size"].problem(
                f"The image {_short(source)} has no width.", mail.place_of(source, source.rpartition("/")[2])
            )


def _short(words: str) -> str:
    return words if len(words) <= 60 else f"{words[:59]}…"
