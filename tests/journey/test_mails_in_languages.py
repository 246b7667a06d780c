"""One issue for readers of several languages: the same posts, and around them the words of each reader's language."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from newsletter.application.opening import opened
from newsletter.demo.mailbox import Mailbox, open_mailbox
from newsletter.issues.rendering import Rendering
from newsletter.issues.tables import renderings
from newsletter.outbox.messages.opened import Opened, open_mail
from subscribers.database import open_engine, reading
from tests.sites import TestSite, make_site, site_on
from tests.web import serving

#: What each reader asked for, and in which language they are spoken to; we do not speak Swahili.
READERS = {"anna": "de", "akira": "ja", "amira": "ar", "ben": "en", "asha": "sw"}

SUBJECTS = {
    "anna": "The ferry that waits, und 2 weitere",
    "akira": "The ferry that waits、ほか2件",
    "amira": "The ferry that waits، ومقالان آخران",
    "ben": "The ferry that waits, and 2 more",
    "asha": "The ferry that waits, and 2 more",
}

WORDS = {
    "anna": (
        "Sie bekommen diese Mail, weil Sie",
        "In dieser Ausgabe",
        "2. Februar 2026",
        "1 Minute Lesezeit",
    ),
    "akira": ("このメールは、akira@example.org", "今号の内容", "2026年2月2日", "1分で読めます"),
    "amira": ("تصلك هذه الرسالة لأنك اشتركت", "في هذا العدد", "2 فبراير 2026", "قراءة في دقيقة واحدة"),
    "ben": ("You get this because you subscribed", "In this issue", "2 February 2026", "1 minute"),
}


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestSite, Mailbox]]:
    """A site that has sent one issue, and the mailbox behind its relay."""
    folder = tmp_path_factory.mktemp("languages")
    with open_mailbox(folder / "mail") as (mailbox, port):
        site = make_site(folder / "site", port=port)
        for name, language in READERS.items():
            site.reader(f"{name}@example.org", "--language", language)
        site.write("ferry.md", "The ferry waits.", date="2026-02-02", title="The ferry that waits")
        site.write("fog.md", "كان الضباب كثيفا.", date="2026-02-01", title="ضباب في المرفأ", lang="ar")
        site.write("storm.md", "The storm took **two** boats.", date="2026-01-31")
        assert site.send()["deliveries"]["sent"] == len(READERS)
        yield site, mailbox


def mail_of(mailbox: Mailbox, name: str) -> Opened:
    return open_mail((mailbox.folder / f"{name}@example.org.eml").read_bytes())


def texts(mail: Opened) -> str:
    """Return all that is there to read, in both parts, with plain spaces."""
    return f"{mail.html}\n{mail.text}".replace("\xa0", " ")


@pytest.mark.parametrize("name", READERS)
def test_each_in_their_language(sent: tuple[TestSite, Mailbox], name: str) -> None:
    """Proves that subject, dates and all words of ours are in the reader's language, and the posts are the same."""
    mail = mail_of(sent[1], name)
    assert str(mail.message["Subject"]) == SUBJECTS[name]
    for words in WORDS.get(name, WORDS["ben"]):
        assert texts(mail).count(words) >= 2, words  # in the HTML and in the text
    for words in ("The ferry that waits", "ضباب في المرفأ", "The storm took", f"{name}@example.org"):
        assert words in mail.html
        assert words in mail.text


@pytest.mark.parametrize("name", READERS)
def test_subjects_travel_as_ascii(sent: tuple[TestSite, Mailbox], name: str) -> None:
    """Proves that a subject goes as encoded-words of at most 75 characters, and no invisible mark hides in it."""
    head, _, _ = (sent[1].folder / f"{name}@example.org.eml").read_bytes().partition(b"\r\n\r\n")
    assert head.isascii()
    found = re.search(rb"^Subject: ((?:.|\r\n[ \t])*)", head, re.MULTILINE)
    assert found is not None
    assert all(len(word) <= 75 for word in found[1].split() if word.startswith(b"=?"))
    assert all(letter.isprintable() for letter in SUBJECTS[name])


@pytest.mark.parametrize(("name", "language"), [("anna", "de"), ("amira", "ar"), ("asha", "en")])
def test_a_mail_says_its_language(sent: tuple[TestSite, Mailbox], name: str, language: str) -> None:
    """Proves that the frame is in the reader's language and direction, and each post keeps its own."""
    mail = mail_of(sent[1], name)
    runs = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{runs}">' in mail.html
    ferry, fog = (re.search(rf"<h2[^>]*>(?:<a[^>]*>)?{title}", mail.html) for title in ("The ferry", "ضباب"))
    assert ferry is not None
    assert fog is not None
    assert ('lang="en" dir="ltr"' in ferry[0]) == (language != "en")
    assert ('lang="ar" dir="rtl"' in fog[0]) == (language != "ar")


def test_one_rendering_for_each_language(sent: tuple[TestSite, Mailbox]) -> None:
    """Proves that who share a language share a rendering; whose language we do not speak, the newsletter's."""
    site, _ = sent
    engine = open_engine(f"sqlite:///{site.directory}/newsletter.db")
    try:
        with reading(engine) as connection:
            query = select(renderings.c.language, func.count()).group_by(renderings.c.language)
            assert dict(connection.execute(query).all()) == {"de": 1, "ja": 1, "ar": 1, "en": 1}
    finally:
        engine.dispose()
    assert site.data("issues")[0]["subject"] == SUBJECTS["ben"]


def test_a_preview_in_a_language(sent: tuple[TestSite, Mailbox], tmp_path: Path) -> None:
    """Proves that a preview shows what readers of a language would get, and refuses one that we do not speak."""
    site, _ = sent
    site.write("mud.md", "Fourteen words for mud.", date="2026-02-03")
    shown = site.data("preview", "--language", "ja", "--out", tmp_path)
    assert shown["subject"] == "Mud"
    assert 'lang="ja"' in (tmp_path / "issue.html").read_text("utf-8")
    assert "このメールは" in (tmp_path / "issue.txt").read_text("utf-8")
    refused = site.run("preview", "--language", "tlh")
    assert refused.status == 1
    assert "no language of ours" in refused.err


def test_the_question_is_asked_in_the_forms_language(engine: Engine, tmp_path: Path) -> None:
    """Proves that whoever fills the form in in German is asked in German, by the field or else by the browser."""
    with serving(site_on(engine, tmp_path / "site")) as web:
        assert web.subscribe("anna@example.org", language="de").status_code == 303
        german = {"Accept-Language": "de-AT,de;q=0.9"}
        wish = {"email": "otto@example.org", "seal": web.seal()}
        assert web.post("/subscribe", wish, headers=german).status_code == 303
    asked = _letters(engine, "confirm")
    assert [letter.subject for letter in asked] == ["Bitte bestätigen: Tide Notes"]
    assert "Soll Tide Notes zu Ihnen kommen?" in asked[0].html
    assert "Ja, bitte anmelden" in asked[0].text


def test_a_newsletter_has_a_language_of_its_own(tmp_path: Path) -> None:
    """Proves that a newsletter in Swedish, which we do not speak, offers it to its readers and marks its mails so."""
    made = make_site(tmp_path)
    made.set('timezone = "Europe/London"', 'timezone = "Europe/Stockholm"\nlanguage = "sv"')
    made.done("database", "upgrade")
    with opened(made.directory) as site, serving(site) as web:
        assert (
            '<option value="sv" lang="sv" selected>Svenska</option>'
            in web.get("/", headers={"Accept-Language": "sv-SE,sv"}).text
        )
        web.subscribe("sven@example.org", language="sv")
        [asked] = _letters(site.engine, "confirm")
    assert '<html lang="sv" dir="ltr">' in asked.html
    assert made.data("subscribers", "list")[0]["language"] == "sv"


def _letters(engine: Engine, kind: str) -> list[Rendering]:
    """Return what was written, each wording once."""
    columns = renderings.c
    query = select(columns.subject, columns.preheader, columns.html, columns.text)
    with reading(engine) as connection:
        return [Rendering(*row) for row in connection.execute(query.where(columns.kind == kind))]
