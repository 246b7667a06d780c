"""The message: what a reader's mail program gets to see, and that nothing can be smuggled into it."""

import email
import email.policy
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from newsletter.content.post import InlineImage
from newsletter.issues import merge
from newsletter.outbox.messages.headers import clean
from newsletter.outbox.messages.letterhead import Letterhead, sender_id
from newsletter.outbox.messages.message import Reader, compose
from newsletter.outbox.messages.template import Template
from newsletter.transport.protocol import Envelope, Message
from subscribers.errors import BadToken, InvalidAddress
from subscribers.tokens import Tokens
from tests.issues import LETTERHEAD

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
TOKENS = Tokens([b"0" * 32])
ANA = Reader(7, 42, "ana@example.org", "Ana Brito")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendering, as the composer wants it."""

    subject: str = "The storm, and 3 more"
    html: str = '<p>Dear __READER_NAME__</p><a href="__UNSUBSCRIBE_URL__">Unsubscribe</a>\n'
    text: str = "Dear __READER_NAME__\n\n__UNSUBSCRIBE_URL__\n"
    images: tuple[InlineImage, ...] = ()


def make(
    rendered: Rendered | None = None,
    reader: Reader = ANA,
    *,
    letterhead: Letterhead = LETTERHEAD,
    kind: str = "issue",
    tokens: Tokens = TOKENS,
) -> Message:
    """Compose one message."""
    template = Template.prepare(
        rendered or Rendered(), letterhead, kind=kind, number=12 if kind == "issue" else None
    )
    return compose(template, reader, tokens, NOW)


def opened(message: Message) -> EmailMessage:
    """Open a message, which must have no defect anywhere, nor a line that SMTP or a mailbox file would change."""
    parsed = email.message_from_bytes(message.data, policy=email.policy.default)
    for part in parsed.walk():
        assert not part.defects
        assert not [defect for value in part.values() for defect in value.defects]
    assert message.data.endswith(b"\r\n")
    assert message.data.count(b"\r") == message.data.count(b"\n") == message.data.count(b"\r\n")
    for line in message.data.split(b"\r\n"):
        assert len(line) <= 998
        assert not line.startswith(b".")
    return parsed


def body(parsed: EmailMessage, kind: str) -> str:
    """Return the text of a body part, as it was before MIME made its line ends CRLF."""
    part = parsed.get_body((kind,))
    assert part is not None
    text = str(part.get_content()).replace("\r\n", "\n")
    return re.sub(r"^ ", "", text, flags=re.MULTILINE) if kind == "plain" else text  # RFC 3676, section 4.4


class TestHeaders:
    """Item by item what large receivers ask for, and what reports and replies need."""

    def test_all_of_them(self) -> None:
        """An issue has these headers, each once, in full."""
        parsed = opened(make())
        token = TOKENS.sign("unsubscribe", 42)
        assert dict(parsed.items()) == {
            "From": "Tide Notes <news@example.com>",
            "Reply-To": "author@example.com",
            "Subject": "The storm, and 3 more",
            "To": "Ana Brito <ana@example.org>",
            "Date": "Mon, 02 Mar 2026 08:00:00 +0000",
            "Message-ID": parsed["Message-ID"],
            "List-Unsubscribe": f"<https://news.example.com/unsubscribe/{token}>,"
            f" <mailto:news+unsubscribe-{token}@bounce.example.com>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": "Tide Notes <news.example.com>",
            "List-Help": "<mailto:news+help@bounce.example.com>",
            "List-Owner": "<mailto:author@example.com>",
            "List-Archive": "<https://news.example.com/archive>",
            "List-Post": "NO",
            "Precedence": "bulk",
            "Feedback-ID": "issue-12:example.com:issue:examplecomnews",
            "MIME-Version": "1.0",
            "Content-Type": parsed["Content-Type"],
        }
        assert len(parsed.keys()) == len(set(parsed.keys()))

    def test_lines_keep_to_78_columns(self) -> None:
        """With a domain of usual length no header line is longer than RFC 5322 recommends."""
        message = make(reader=replace(ANA, subscriber_id=1_000_000, delivery_id=99_999_999))
        head, _, _ = message.data.partition(b"\r\n\r\n")
        # the one exception: the page to unsubscribe stands on its header's own line, where every program finds it
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"List-Unsubscribe: ")]
        assert max(map(len, lines)) <= 78

    def test_no_encoding_where_programs_read(self) -> None:
        """Whatever the title, list headers hold nothing encoded; a title beyond ASCII is left out of List-Id."""
        letterhead = replace(
            LETTERHEAD,
            title="Ñandú–Notes",
            from_name="Ñandú–Notes",
            url="https://news.example.com/" + "a" * 90,
        )
        message = make(letterhead=letterhead)
        for line in message.data.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n"):
            if line.startswith((b"List-", b"Feedback-ID", b"Message-ID")):
                assert b"=?" not in line
        parsed = opened(message)
        assert parsed["List-Id"] == "<news.example.com>"
        assert parsed["From"].addresses[0].display_name == "Ñandú–Notes"

    def test_one_click_needs_https(self) -> None:
        """Without HTTPS nothing is promised that RFC 8058 rules out; the link itself is there."""
        parsed = opened(make(letterhead=replace(LETTERHEAD, url="http://localhost:8025")))
        assert "List-Unsubscribe-Post" not in parsed
        assert parsed["List-Unsubscribe"].startswith("<http://localhost:8025/unsubscribe/")

    @pytest.mark.parametrize(
        ("kind", "can_leave"), [("confirm", False), ("welcome", True), ("goodbye", False)]
    )
    def test_notices(self, kind: str, can_leave: bool) -> None:
        """A notice says that a program wrote it, and offers to unsubscribe only those who are subscribed."""
        parsed = opened(make(kind=kind))
        assert parsed["Auto-Submitted"] == "auto-generated"
        assert "Precedence" not in parsed
        assert ("List-Unsubscribe" in parsed) == ("List-Unsubscribe-Post" in parsed) == can_leave
        assert parsed["Feedback-ID"] == f"{kind}:example.com:{kind}:examplecomnews"
        assert "Auto-Submitted" not in opened(make())

    def test_message_ids(self) -> None:
        """The same delivery has the same Message-ID, also after a key rotation; any other has another."""
        first = opened(make())["Message-ID"]
        rotated = Tokens([b"0" * 32, b"1" * 32])
        template = Template.prepare(Rendered(), LETTERHEAD, number=12)
        later = opened(compose(template, ANA, rotated, NOW.replace(hour=9)))["Message-ID"]
        assert first == later
        others = {
            opened(make(reader=replace(ANA, delivery_id=8)))["Message-ID"],
            opened(make(Rendered(subject="Another issue")))["Message-ID"],
            opened(make(reader=replace(ANA, delivery_id=None)))["Message-ID"],
        }
        assert len(others | {first}) == 4
        assert first.endswith("@example.com>")

    def test_sender_ids(self) -> None:
        """Feedback-ID's constant part has 5 to 15 characters (Gmail)."""
        assert sender_id("news@example.com") == "examplecomnews"
        assert sender_id("newsletter@a-very-long-domain.example.org") == "averylongdomain"
        assert sender_id("a@b.c") == "bcanewsletter"


class TestEnvelope:
    """What the relay and its reports get to see."""

    def test_the_return_path_names_the_delivery(self) -> None:
        """Each delivery has its own signed return path, within 64 octets before the @."""
        envelope = make().envelope
        local, _, domain = envelope.sender.partition("@")
        assert domain == "bounce.example.com"
        assert len(local) <= 64
        assert TOKENS.read("bounce", local.removeprefix("b+")) == (7,)
        assert (envelope.recipient, envelope.smtputf8) == ("ana@example.org", False)

    def test_its_id_is_that_of_the_message(self) -> None:
        """Reports bring the envelope's id back; it is what the Message-ID begins with. Previews ask for no report."""
        message = make()
        assert opened(message)["Message-ID"] == f"<{message.envelope.id}@example.com>"
        assert make(reader=replace(ANA, delivery_id=None)).envelope.id == ""

    def test_local_parts_stay_short(self) -> None:
        """The longest token and the longest sender still make addresses that servers take."""
        tokens = TOKENS.sign("unsubscribe", 2**63)
        for local in ("news", "n" * 64):
            letterhead = replace(LETTERHEAD, from_address=f"{local}@example.com")
            for address in (letterhead.unsubscribe(tokens), letterhead.return_path(tokens)):
                assert len(address.partition("@")[0]) <= 64

    def test_domains_beyond_ascii(self) -> None:
        """The wire gets the A-label, in the envelope and in To."""
        message = make(reader=replace(ANA, email="ana@bücher.example"))
        assert message.envelope.recipient == "ana@xn--bcher-kva.example"
        assert not message.envelope.smtputf8
        assert opened(message)["To"].addresses[0].domain == "xn--bcher-kva.example"

    def test_local_parts_beyond_ascii(self) -> None:
        """They need SMTPUTF8, and To holds them as they are."""
        message = make(reader=replace(ANA, email="юзер@example.org"))
        assert message.envelope.smtputf8
        assert "To: Ana Brito <юзер@example.org>\r\n" in message.data.decode()

    @pytest.mark.parametrize(
        "address", ["a@example.org\r\nBcc: b@example.org", "a@example.org>", "a@é.org\u2028", "a"]
    )
    def test_addresses_that_break_out(self, address: str) -> None:
        """A row with such an address makes no message, however it got there."""
        with pytest.raises((ValueError, InvalidAddress)):
            make(reader=replace(ANA, email=address))


class TestBody:
    """Both parts, with each reader's own values."""

    def test_structure(self) -> None:
        """Text first, HTML last, both in UTF-8 and quoted-printable."""
        parsed = opened(make())
        assert parsed.get_content_type() == "multipart/alternative"
        assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
        for part in parsed.iter_parts():
            assert part.get_content_charset() == "utf-8"
            assert part["Content-Transfer-Encoding"] == "quoted-printable"

    def test_pictures_travel_with_the_html(self) -> None:
        """Images stand beside the HTML in a multipart/related, under the ids that it names."""
        images = (
            InlineImage("a1@newsletter", "image/png", "häfen.png", bytes(range(256)) * 9),
            InlineImage("b2@newsletter", 'x/y"; evil', "../b\r\n.gif", b""),
        )
        parsed = opened(make(Rendered(html='<img src="cid:a1@newsletter" alt="">', images=images)))
        _, related = parsed.iter_parts()
        assert related.get_content_type() == "multipart/related"
        page, first, second = related.iter_parts()
        assert page.get_content_type() == "text/html"
        assert (first["Content-ID"], first.get_content()) == ("<a1@newsletter>", images[0].data)
        assert first.get_content_disposition() == "inline"
        assert first.get_filename() == "h-fen.png"
        assert (second.get_content_type(), second.get_content()) == ("application/octet-stream", b"")

    def test_each_link_has_its_own_token(self) -> None:
        """No link in a mail does what another one is for, and each names the reader."""
        fields = "\n".join(merge.FIELDS)
        name, email_address = "Ana & <Co>", "ana@example.org"
        lines = body(opened(make(Rendered(text=fields), replace(ANA, name=name))), "plain").split("\n")
        values = dict(zip(merge.FIELDS, lines, strict=True))
        assert (values[merge.READER_NAME], values[merge.READER_EMAIL]) == (name, email_address)
        for field, purpose, numbers in (
            (merge.UNSUBSCRIBE_URL, "unsubscribe", (42,)),
            (merge.PREFERENCES_URL, "preferences", (42,)),
            (merge.CONFIRM_URL, "confirm", (42, 7)),
        ):
            start, _, token = values[field].rpartition("/")
            assert start == f"https://news.example.com/{purpose}"
            assert TOKENS.read(purpose, token) == numbers
            with pytest.raises(BadToken):
                TOKENS.read("another purpose", token)

    def test_values_are_escaped_in_html_only(self) -> None:
        """A name cannot bring markup into the HTML, and stands in the text as it is."""
        parsed = opened(make(reader=replace(ANA, name='<b>"O\'Hara" & Söhne</b>')))
        assert '<b>"O\'Hara" & Söhne</b>' in body(parsed, "plain")
        assert "&lt;b&gt;&quot;O&#x27;Hara&quot; &amp; Söhne&lt;/b&gt;" in body(parsed, "html")

    def test_a_name_in_the_subject(self) -> None:
        """Merge fields work in a subject, too."""
        assert opened(make(Rendered(subject="Ahoy, __READER_NAME__!")))["Subject"] == "Ahoy, Ana Brito!"

    TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300) | st.text(
        alphabet=". \t\r\n=-_FromAé\u2028\x00\x85😀", max_size=300
    )

    @given(text=TEXTS, html=TEXTS, name=TEXTS)
    @example(text=".\n..\n.\n\nFrom here\n", html="x" * 5000, name=".")
    @example(text="trailing \t \n \n", html="é" * 2000, name="")
    @example(text="--=_edition_alternative--\r\n\r\n--=_", html="a\rb\r\nc\n", name="a\r\nBcc: x@example.org")
    @example(text="__READER_NAME____READER_NAME__", html=".__READER_NAME__.", name="\u2028 \x85")
    @example(text="", html="", name="x" * 200)
    def test_any_text_survives(self, text: str, html: str, name: str) -> None:
        """Whatever is written arrives as it was, line ends apart, with the reader's name in its place."""
        written = f"{text}\n{html}__READER_NAME__"
        assume(not any(field in written for field in merge.FIELDS if field != merge.READER_NAME))
        parsed = opened(make(Rendered(text=text, html=html + "__READER_NAME__"), replace(ANA, name=name)))
        shown = clean(name)
        escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        escaped = escaped.replace('"', "&quot;").replace("'", "&#x27;")
        assert body(parsed, "plain") == text.replace("__READER_NAME__", shown).replace("\r\n", "\n")
        assert body(parsed, "html") == (html.replace("__READER_NAME__", escaped) + escaped).replace(
            "\r\n", "\n"
        )

    def test_nothing_is_left_to_do_for_the_transport(self) -> None:
        """A message is made of whole lines, in more than one piece, and says that it can go as it is."""
        message = make(Rendered(html="__READER_NAME____READER_NAME__"))
        assert message.ready
        assert len(message.segments) > 5
        assert all(segment.endswith(b"\r\n") or not segment for segment in message.segments)

    def test_a_line_that_no_relay_takes(self) -> None:
        """A site's address that would burst a header's line is found when the template is prepared."""
        with pytest.raises(ValueError, match="longer than 998"):
            make(letterhead=replace(LETTERHEAD, url="https://news.example.com/" + "a" * 980))


class TestInjection:
    """Whatever stands in a row of the database or in front matter, it adds no header and no recipient."""

    HOSTILE = st.text(max_size=120) | st.text(
        alphabet='\r\n\0\x0b\x0c\x1c\x85\u2028\u2029\xa0\ud800 \t<>()[],;:@"\\\\=?_.Bcto-aé😀', max_size=120
    )
    ADDRESSES = (
        HOSTILE | HOSTILE.map(lambda text: f"{text}@example.org") | HOSTILE.map(lambda text: f"a@{text}.org")
    )

    @settings(deadline=None)
    @given(email_address=ADDRESSES, name=HOSTILE, subject=HOSTILE)
    @example("ana@example.org", "\r\nBcc: all@example.org", "\r\n\r\n.\r\nMAIL FROM:<x@example.org>")
    @example(
        "ana@example.org", "x>, <all@example.org", "__READER_NAME__ __READER_EMAIL__ __UNSUBSCRIBE_URL__"
    )
    @example("ana@example.org>,<all@example.org", "", "a\u2028Bcc: all@example.org")
    @example("ana@example.org\r\nRCPT TO:<all@example.org>", "", "a\x85b\0c")
    @example('"ana@example.org, all"@example.org', "Ana", "x" * 2000)
    @example("ana@example.org\0", "=?utf-8?q?=0D=0ABcc:_all=40example.org?=", "=?utf-8?q?=0D=0ABcc:_x?=")
    def test_neither_headers_nor_recipients(self, email_address: str, name: str, subject: str) -> None:
        """The headers are the usual ones, To and RCPT TO are the one reader, and their lines end where ours do."""
        try:
            message = make(Rendered(subject=subject), replace(ANA, email=email_address, name=name))
        except (ValueError, InvalidAddress):
            return  # no message at all
        head = message.data.partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ").split("\r\n")
        assert sorted(line.partition(": ")[0] for line in head) == sorted(opened(make()).keys())
        (to,) = (line for line in head if line.startswith("To: "))
        assert to.endswith(f"<{message.envelope.recipient}>")
        if not message.envelope.smtputf8:  # Python's parser knows no local part beyond ASCII
            assert [address.addr_spec for address in opened(message)["To"].addresses] == [
                message.envelope.recipient
            ]
        for path in (message.envelope.sender, message.envelope.recipient, message.envelope.id):
            assert path.isprintable()
            assert not set(path) & set(" <>")

    @given(sender=HOSTILE, recipient=HOSTILE, identity=HOSTILE)
    @example("a@b>", "c@d", "")
    @example("a@b", "c@d\r\nDATA", "")
    @example("a@b", "c@d", "x NOTIFY=NEVER")
    @example("", "c@d\u2028", "")
    def test_envelopes(self, sender: str, recipient: str, identity: str) -> None:
        """An envelope holds nothing that could end a path or a command, whoever makes it."""
        try:
            envelope = Envelope(sender, recipient, id=identity)
        except ValueError:
            return
        for part in (envelope.sender, envelope.recipient, envelope.id):
            assert part.splitlines() in ([part], [])
            assert not any(letter.isspace() or letter in "<>\0" for letter in part)
            assert part.isprintable()

    @given(subject=HOSTILE, name=HOSTILE)
    def test_what_is_shown(self, subject: str, name: str) -> None:
        """A subject is read back as it is shown on one line."""
        parsed = opened(make(Rendered(subject=merge.shield(subject)), replace(ANA, name=name)))
        assert parsed["Subject"] == clean(merge.shield(subject))


def test_a_message_is_composed_once_for_all() -> None:
    """Two readers' messages differ in what is theirs, and in nothing else."""
    ben = Reader(8, 43, "ben@example.org", "Ben")
    messages = {}
    for reader in (ANA, ben):
        message = make(reader=reader)
        data = message.data.decode()
        own = [
            reader.email,
            reader.name,
            TOKENS.sign("unsubscribe", reader.subscriber_id),
            f"<{reader.delivery_id}.",
        ]
        for value in own:
            assert value in data
            data = data.replace(value, "…")
        messages[reader.email] = data
    assert messages[ANA.email] == messages[ben.email]
