"""Every rule there is: its name, why it matters, and what to do. Pure.

A problem's kind is the name of its rule. Rules about a file stand where files are read, rules about a text where texts
are, and rules about a whole mail in this room; here they all are explained.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, NamedTuple

from newsletter.content.post import Problem
from newsletter.errors import NewsletterError

Severity = Literal["error", "warning"]


class Place(NamedTuple):
    """Where something was found, as far as can be told."""

    path: str = "the mail"
    line: int | None = None


_SOMEWHERE = Place()


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that would spoil a mail. An error stops an issue; what `may_be_silenced` is not asks for the law."""

    name: str
    reason: str
    remedy: str
    severity: Severity = "warning"
    may_be_silenced: bool = True

    def problem(self, message: str, at: Place = _SOMEWHERE) -> Problem:
        """Say that this rule found something."""
        return Problem(at.path, at.line, self.name, message, self.remedy, self.severity)


def _rules(*rules: Rule) -> dict[str, Rule]:
    return {rule.name: rule for rule in rules}


#: About files and their front matter: `newsletter.content.folder` finds these.
FILES = _rules(
    Rule(
        "unreadable",
        "A file that cannot be read is no post.",
        "Let the user who runs newsletter read it.",
        "error",
    ),
    Rule(
        "too-large",
        "A post of megabytes is a mistake more often than a post.",
        "Keep data elsewhere.",
        "error",
    ),
    Rule("format", "Only Markdown is read.", "Write the post in Markdown.", "error"),
    Rule("file-name", "A name that is not UTF-8 cannot be told from others.", "Rename the file.", "error"),
    Rule("not-a-file", "A pipe or a device has no text.", "Move it elsewhere."),
    Rule("broken-link", "A link that leads nowhere has no text.", "Correct the link, or remove it."),
    Rule("link-loop", "A link that leads back to itself never ends.", "Remove the link."),
    Rule(
        "link-outside",
        "What is outside the site may not be meant for readers.",
        "Copy it into the folder.",
        "error",
    ),
    Rule(
        "encoding", "Text that is not UTF-8 reaches readers as rubbish.", "Save the file as UTF-8.", "error"
    ),
    Rule("nul-byte", "A NUL byte shows that the file is broken.", "Save the file again.", "error"),
    Rule(
        "front-matter",
        "Title, date and drafts are told by the front matter.",
        "Mend the line that is named.",
        "error",
    ),
    Rule("no-title", "A post without a title has no place in a list.", "Write a title at its top.", "error"),
    Rule(
        "no-date",
        "A date is never guessed: a post without one is not sent.",
        "Write a date at its top.",
        "error",
    ),
    Rule("date", "A date that cannot be read is as good as none.", "Write it as 2024-01-31 08:30."),
    Rule(
        "future-date",
        "A post waits for its date, and a wrong year makes it wait for long.",
        "If it is not to wait, write a date that is past.",
    ),
    Rule("empty", "A post without text has nothing to read.", "Write something, or make it a draft."),
    Rule(
        "duplicate-id",
        "Two posts with one identity: one of them would never be sent.",
        "Give one an `id`.",
        "error",
    ),
    Rule(
        "content",
        "Without the folder of posts there is no issue.",
        "See [content] folder in newsletter.toml.",
        "error",
    ),
    Rule("template", "A template with a fault makes no mail.", "Mend the line that is named.", "error"),
    Rule("next-issue", "The next issue could not be made.", "Mend what is named.", "error"),
    Rule("second-note", "One issue has one introduction.", "Keep one note for the next issue."),
)

#: About the text of a post: `newsletter.content.text` finds these.
TEXTS = _rules(
    Rule("shortcode", "A shortcode makes HTML only in its generator.", "Write its content as Markdown."),
    Rule("liquid", "Liquid runs only in its generator.", "Write its content as Markdown."),
    Rule("mdx", "A component makes HTML only in its site.", "Write its content as Markdown."),
    Rule("unknown-reference", "A reference to nothing is a dead link.", "Name a post or page that there is."),
    Rule("relative-link", "In a mail a relative link leads nowhere.", "Write the whole address, or set content.url."),
    Rule("unsafe-link", "Mail programs block such links, and filters count them.", "Use an https: address."),
    Rule("missing-image", "An image that is not there is a hole in the mail.", "Mend the path."),
    Rule("large-image", "Each reader downloads it, often on a phone.", "Make it smaller."),
    Rule("image-format", "Large mail programs do not show this format.", "Use a PNG, JPEG or GIF file."),
    Rule("no-alt", "Who does not see the image learns nothing of it; half of all readers have images off at first.",
         'Write what it shows: ![what it shows](…), or alt="" for mere decoration.'),
    Rule("embed", "Mails can hold no players, frames or scripts.", "Say in words what the link leads to."),
    Rule("too-long", "Gmail cuts a mail at about 102 kB, and its footer is lost.", "Shorten it, or send summaries."),
)  # fmt: skip

#: About a mail as a whole: this room finds these.
MAILS = _rules(
    Rule("postal-address", "The law of many countries wants a postal address in each issue (CAN-SPAM, section 5).",
         'Add postal_address = "…" under [newsletter]: a street, a PO box or a registered mailbox.',
         "error", may_be_silenced=False),
    Rule("unsubscribe-link", "Readers who find no way out press “spam” (and the law wants one).",
         "Put __UNSUBSCRIBE_URL__ back into the template's footer, in HTML and in text.",
         "error", may_be_silenced=False),
    Rule("preferences-link", "Who may choose less often need not leave.",
         "Put __PREFERENCES_URL__ back into the template's footer, in HTML and in text."),
    Rule("unresolved", "What a generator should have replaced stands in the mail as it was written.",
         "Mend the template or the post, or write it as code if it is meant to be read.", "error"),
    Rule("placeholder", "A mark for yourself would reach every reader, and no mail can be called back.",
         "Write what is missing, or take the mark out."),
    Rule("long-words", "A row of long words without a comma looks like the salad that spam hides in: SpamAssassin's"
         " LONGWORDS has 2.2 points for it, and 5 are spam.",
         "Set commas, in a sentence of its own, or link to a page that has the list."),
    Rule("lorem", "Text that only holds a place would reach every reader.", "Write the text.", "error"),
    Rule("subject-length", "Phones show about 40 characters of a subject, desktops about 70.",
         "Say it in fewer words; the post's title can stay as it is, with a `subject` in _next.md."),
    Rule("subject-empty", "A mail without a subject looks like spam.", "Give the issue or the post a title.", "error"),
    Rule("preheader-length", "The line beside the subject is filled with whatever comes first, or is cut.",
         "Give the post a summary of 40 to 130 characters."),
    Rule("heading-order", "Readers with a screen reader find their way by headings; a skipped level misleads.",
         "Use headings in their order: # for the title, ## below it, ### below that."),
    Rule("link-text", "Links are read out on their own: “here” says nothing about where it leads.",
         "Let the link's own words say what is behind it."),
    Rule("link-missing-text", "A link without words cannot be heard, and is hard to hit.",
         "Write words, or an image with a description, into the link.", "error"),
    Rule("anchor", "A jump to a place that is not in the mail does nothing.",
         "Link to the post's page, or take the link out."),
    Rule("contrast", "Grey on grey cannot be read outdoors, on old screens, or with tired eyes (WCAG 1.4.3: 4.5 to 1).",
         "Choose a darker ink or a lighter ground, in [design] or in the template."),
    Rule("contrast-dark", "In dark mode the colours are others, and so is their contrast (WCAG 1.4.3).",
         "Choose a lighter ink or a darker ground for dark mode, in [design] or in the template."),
    Rule("language", "Screen readers choose their voice by it, and translators and filters look at it.",
         'Say it with lang="…" at the template\'s <html> and at its first element.'),
    Rule("size", "Gmail cuts a mail at about 102 kB of HTML: the rest, its footer and its styles are lost.",
         "Shorten the longest post, let the digest show summaries, or send fewer posts at once."),
    Rule("style-size", "Gmail drops all style sheets of a mail beyond 16 kB.", "Take rules out of the templates."),
    Rule("image-weight", "Many readers pay for each megabyte, and large mails are sorted out.",
         "Make the images smaller, or show summaries; [images] delivery can have them outside the mail."),
    Rule("image-address", "Readers' mail programs fetch these images from our pages, so these must be on the network.",
         "Set [newsletter] url to where readers reach `newsletter serve`, or have images inside: [images] delivery."),
    Rule("image-size", "Without width and height Outlook shows an image in its full size, and text jumps as it loads.",
         'Say its size where it stands: <img … width="300" height="200">, in the post or in the template.'),
    Rule("unsupported", "This looks broken where the mail program does not know it.",
         "Leave it out, or build the same with tables and simple rules."),
)  # fmt: skip

#: About the sender: DNS, the relay and the machine. `newsletter.application.checking` asks for these.
SENDERS = _rules(
    Rule("relay", "Without a relay nothing is sent.", "See [smtp] in newsletter.toml.", "error"),
    Rule("dkim", "Gmail and Yahoo want mail to be signed by its own domain.", "Make a new key.", "error"),
    Rule("dkim-dns", "A signature is worth what DNS says of its key.", "Publish the record that is shown.", "error"),
    Rule("spf", "Large providers want the domain of the return path to name who sends for it.",
         "Publish a TXT record such as “v=spf1 mx include:relay.example -all”."),
    Rule("dmarc", "Gmail and Yahoo want a DMARC record from whoever sends 5,000 mails a day.",
         "Publish a TXT record at _dmarc: “v=DMARC1; p=none; rua=mailto:you@example.com” is a beginning."),
    Rule("ptr", "A relay whose address has no name is refused by Gmail (5.7.25).",
         "Have your provider set the reverse name of its address to the name in its greeting."),
    Rule("clock", "Dates from the future or the past are held against a mail, and nothing is due when it should be.",
         "Set the clock, best by NTP.", "error"),
    Rule("pages", "A mail whose links to leave lead nowhere breaks the law, and gets you reported as spam.",
         "Let `newsletter serve` run behind [newsletter] url."),
)  # fmt: skip

RULES: dict[str, Rule] = {**FILES, **TEXTS, **MAILS, **SENDERS}


def rule_named(name: str) -> Rule:
    """Return a rule. Raises NewsletterError, with what its name might be, for one that there is not."""
    if name not in RULES:
        close = get_close_matches(name, RULES, n=1)
        raise NewsletterError(
            f"There is no rule {name!r}.",
            remedy=f"Did you mean {close[0]}?" if close else "`newsletter check --explain all` lists them.",
        )
    return RULES[name]


def heard(
    problems: Iterable[Problem], silenced: Collection[str], by_posts: Mapping[str, Collection[str]]
) -> tuple[Problem, ...]:
    """Leave out what the author silenced, for all posts or `by_posts` (their paths), each problem once.

    The law cannot be silenced.
    """

    def is_heard(problem: Problem) -> bool:
        is_silenced = problem.kind in silenced or problem.kind in by_posts.get(problem.path, ())
        return not is_silenced or not RULES[problem.kind].may_be_silenced

    return tuple(dict.fromkeys(filter(is_heard, problems)))
