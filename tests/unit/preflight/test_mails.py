"""Every rule about a mail as a whole: one mail that trips it, and the shipped look, which trips none."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from newsletter.content.post import InlineImage
from newsletter.issues import merge
from newsletter.issues.rendering import Rendering, render_issue
from newsletter.issues.serving import served
from newsletter.issues.templating import Templates
from newsletter.languages import OFFERED
from newsletter.preflight.judging import judge
from newsletter.preflight.mail import Mail
from newsletter.preflight.rules import MAILS
from tests.manuscripts import MASTHEAD, note
from tests.texts import manuscript

TEMPLATES = Templates(None)

#: A post with all that a post may have, and nothing that spoils it.
GOOD = """
The harbour wakes at five, and nobody rings a bell for it.

## The quiet part

It is an ordinary Tuesday. See [the tide table for November](https://example.com/tides), and run `{{ tide }}`:

```
{% TODO: lorem ipsum %} {{< figure >}} [here](#nowhere) TK
```

![The harbour at five in the morning](harbour.jpg)

| hour | height |
|------|--------|
| 05:10 | 0.8 m |

> Nobody rings a bell.
"""


def rendered(text: str = GOOD, *, subject: str | None = None, title: str = "The harbour wakes") -> Mail:
    """Return the mail of one post."""
    post = manuscript(text, title=title, url="https://site.example/a/")
    words = note(subject, "") if subject is not None else None
    return Mail(render_issue([post], MASTHEAD, TEMPLATES, body="full", note=words), [post], "en")


@pytest.mark.parametrize("language", OFFERED)
def test_our_own_words_trip_no_rule(language: str) -> None:
    """Proves that what we say in each language spoils no mail, be it of one post or of several."""
    masthead = replace(MASTHEAD, language=language, own_language="en")
    posts = [
        manuscript(GOOD, title=title, url="https://site.example/a/")
        for title in ("The harbour wakes", "Fog", "Mud")
    ]
    for some in (posts[:1], posts):
        mail = Mail(render_issue(some, masthead, TEMPLATES, body="full", note=None), some, language)
        assert judge(mail) == ()


def changed(change: Callable[[Rendering], Rendering]) -> Mail:
    """Return the mail of a good post, as a template of the author's own might have spoilt it."""
    mail = rendered()
    return replace(mail, rendering=change(mail.rendering))


def html(old: str, new: str) -> Mail:
    """Return a good mail in whose HTML something else stands."""
    mail = rendered()
    assert old in mail.rendering.html
    return replace(mail, rendering=replace(mail.rendering, html=mail.rendering.html.replace(old, new)))


def fetched(url: str) -> Mail:
    """Return a mail whose image our pages at `url` give."""
    image = served(InlineImage("a", "image/png", "a.png", b"a"), url)
    return changed(lambda r: replace(r, served=(image,)))


def heavy(octets: int) -> Rendering:
    """Return a rendering with an image of so many bytes."""
    return replace(rendered().rendering, images=(InlineImage("a", "image/png", "a.png", bytes(octets)),))


#: Names of people, as they stand in a list.
SALAD = ["alexander", "christopher", "harbourmaster", "jennifer", "nathaniel", "seamstress", "stewardess", "theodora",
         "valentine", "whitequark", "wilhelmina"]  # fmt: skip

#: For each rule, a mail that trips it.
SPOILT: dict[str, Callable[[], Mail]] = {
    "unsubscribe-link": lambda: html(merge.UNSUBSCRIBE_URL, "https://example.com"),
    "preferences-link": lambda: html(merge.PREFERENCES_URL, "https://example.com"),
    "unresolved": lambda: rendered("See {{ site.title }} for more of this, and for the rest of it."),
    "placeholder": lambda: rendered("It was built in [TK year], as the harbour master told us last week."),
    "long-words": lambda: rendered(
        "Without these people nothing would have come of it:\n\n" + "\n".join(SALAD)
    ),
    "lorem": lambda: rendered("Lorem ipsum dolor sit amet, consectetur adipiscing elit."),
    "subject-length": lambda: rendered(
        subject="The harbour wakes at five, " + "and nobody rings a bell, " * 3
    ),
    "subject-empty": lambda: changed(lambda r: replace(r, subject="")),
    "preheader-length": lambda: rendered("Fog."),
    "heading-order": lambda: html("<h2", "<h4"),
    "link-text": lambda: rendered(
        "The tide table for November is [here](https://example.com/tides), as always."
    ),
    "link-missing-text": lambda: html("the tide table for November", " "),
    "anchor": lambda: html('href="https://example.com/tides"', 'href="#tides"'),
    "contrast": lambda: html("color:#23282d", "color:#b9bdc1"),
    "contrast-dark": lambda: html("color: #e8e4dc !important", "color: #35424a !important"),
    "language": lambda: html('<html lang="en"', "<html"),
    "size": lambda: changed(lambda r: replace(r, html=r.html + "<!-- " + "x" * 80_000 + " -->")),
    "style-size": lambda: html("</head>", f"<style>{'.a { color: red }' * 1_000}</style></head>"),
    "image-weight": lambda: replace(rendered(), rendering=heavy(1_200_000)),
    "image-address": lambda: fetched("http://192.168.1.7:8025"),
    "image-size": lambda: html(' width="536"', ""),
    "unsupported": lambda: html('<div class="preheader"', '<video></video><div class="preheader"'),
}


def test_every_rule_has_its_mail() -> None:
    """Proves that no rule about mails is without an example here, but the one that the settings decide."""
    assert SPOILT.keys() == MAILS.keys() - {"postal-address"}


def test_the_shipped_look_is_good() -> None:
    """Proves that a sound post in our look trips no rule, whatever stands in its code."""
    assert judge(rendered()) == ()


#: A jump inside a mail is unknown to Gmail, wherever it leads to.
ALSO = {"anchor": {"unsupported"}}


@pytest.mark.parametrize("name", SPOILT)
def test_a_rule_finds_what_it_is_for(name: str) -> None:
    """Proves that each rule finds its own fault, says where and what to do, and that no other one does."""
    problems = judge(SPOILT[name]())
    assert name in {problem.kind for problem in problems}
    assert {problem.kind for problem in problems} <= {name} | ALSO.get(name, set())
    assert all(problem.remedy and problem.path for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "My TODO list is long, and the .tk domain is cheap; a TKO ended it, said the XXXII edition of the paper.",
        "We wrote `TODO: later` into the code, and <code>TK</code> beside it, as everybody does now and then.",
        "The tide table [of November, here](https://example.com/tides) says more than this one ever could.",
        "In __init__ and __ALL_CAPS__ stands nothing that anybody would have had to replace before sending.",
        f"Without these people nothing would have come of it: {', '.join(SALAD)}.",
        "Without these people nothing would have come of it:\n\n" + "\n".join(map("- {}".format, SALAD)),
        "A set is written {1, 2}, a map {a: {b: c}} and a percentage {100%} in this made-up language of ours.",
    ],
)
def test_no_false_alarm(text: str) -> None:
    """Proves that words which only look like a fault are left in peace."""
    assert judge(rendered(text)) == ()


@pytest.mark.parametrize("octets", [1_200_000, 8_000_000])
def test_the_heavier_the_worse(octets: int) -> None:
    """Proves that heavy images are told, and that an issue is not made which relays would refuse."""
    (problem,) = judge(replace(rendered(), rendering=heavy(octets)))
    assert (problem.kind, problem.severity) == ("image-weight", "error" if octets > 7_000_000 else "warning")


@pytest.mark.parametrize(
    ("url", "is_found"),
    [
        ("https://news.tides.org", True),
        ("https://9.9.9.9", True),
        ("https://news.example.com", False),
        ("http://localhost:8025", False),
        ("http://[::1]:8025", False),
        ("http://raspberry.local", False),
        ("http://raspberry", False),
    ],
)
def test_where_images_are_fetched_from(url: str, is_found: bool) -> None:
    """Proves that an address which leads nowhere from elsewhere, or was never set, is told before images are missed."""
    assert {problem.kind for problem in judge(fetched(url))} == (set() if is_found else {"image-address"})


def test_what_readers_fetch_has_its_weight_too() -> None:
    """Proves that images which our pages give are counted like those inside the mail."""
    image = served(InlineImage("a", "image/png", "a.png", bytes(1_200_000)), "https://news.tides.org")
    assert {p.kind for p in judge(changed(lambda r: replace(r, served=(image,))))} == {"image-weight"}


def test_what_is_silenced_is_not_said_again() -> None:
    """Proves that settings and posts can silence a rule, each for itself, and that the law cannot be silenced."""
    spoilt = SPOILT["link-text"]()
    assert judge(spoilt, silenced=["link-text"]) == ()
    post = replace(spoilt.manuscripts[0], post=replace(spoilt.manuscripts[0].post, silenced=("link-text",)))
    assert judge(replace(spoilt, manuscripts=[post])) == ()
    lawless = SPOILT["unsubscribe-link"]()
    assert judge(lawless, silenced=["unsubscribe-link"]) != ()


def test_the_file_and_the_line_are_named() -> None:
    """Proves that a fault of one post among several is told with its file, and with the line on which it stands."""
    posts = [
        manuscript("A first paragraph that is long enough for the line beside the subject.", path="one.md"),
        manuscript(
            "Fog.\n\nBuilt in TK, as the harbour master\ntold [here](tides.md) last week.",
            path="two.md",
            id="b",
            first_line=5,
        ),
    ]
    mail = Mail(render_issue(posts, MASTHEAD, TEMPLATES, body="full", note=None), posts, "en")
    assert [(problem.kind, problem.path, problem.line) for problem in judge(mail)] == [
        ("placeholder", "two.md", 7),
        ("link-text", "two.md", 8),
    ]


@pytest.mark.parametrize(
    "written",
    [
        "[here][tides]",
        "[here]",
        "[here](https://example.com/tides)",
        '<a href="https://example.com/tides">here</a>',
    ],
)
def test_the_line_of_a_link_is_the_one_where_it_is_read(written: str) -> None:
    """Proves that a link is told with the line of its words, also where its address stands at the end of the post."""
    label = "here" if written == "[here]" else "tides"
    text = (
        f"The tide table of this November\nis {written}, as always.\n\n[{label}]: https://example.com/tides"
    )
    assert [(problem.kind, problem.line) for problem in judge(rendered(text))] == [("link-text", 2)]


def test_an_image_that_few_show_is_told_once() -> None:
    """Proves that what is said of a post's image with file and line is not said again of the mail."""
    problems = judge(
        rendered("The tide table of this November:\n\n![The tide](https://example.org/tide.svg)")
    )
    assert [problem.kind for problem in problems] == ["image-format"]
