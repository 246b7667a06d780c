"""Mail that comes in is understood and done once, on both engines: commands, reports and letters."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from newsletter import membership
from newsletter.inbound import receiving
from newsletter.inbound.deciding import Decision
from newsletter.inbound.incoming import read
from newsletter.inbound.tables import received
from newsletter.issues.tables import renderings
from newsletter.issues.templating import Templates
from newsletter.membership import Choices
from newsletter.outbox import queue
from newsletter.outbox.messages.message import BOUNCE
from newsletter.outbox.tables import deliveries, letters
from newsletter.settings import read_settings
from newsletter.site import Site
from subscribers import consent, keys, roster, suppression
from subscribers.address import parse
from subscribers.database import reading, writing
from subscribers.errors import UnknownSubscriber
from subscribers.segments import Segment, audience
from subscribers.tables import subscribers
from tests.issues import add_readers, freeze
from tests.sites import TestSite, site_on

DAY = timedelta(days=1)


class Post:
    """The mail of a site: what is brought to it, and what has become of its readers."""

    def __init__(self, site: Site, now: datetime) -> None:
        self.site = site
        self.now = now

    def bring(
        self, recipient: str, subject: str = "", author: str = "ana@example.org", **headers: str
    ) -> Decision:
        """Bring a message as it came by LMTP."""
        message = EmailMessage()
        message.set_content("Words.\n")  # first, for it takes away what else is said of the content
        message["From"], message["Subject"] = author, subject
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        return self.bring_raw(bytes(message), recipient, author)

    def bring_raw(self, raw: bytes, recipient: str, sender: str = "") -> Decision:
        """Bring octets."""
        return receiving.receive(self.site, read(raw, sender=sender, recipient=recipient), now=self.now)

    def status(self, email: str = "ana@example.org") -> str:
        """Return how a subscription stands."""
        with reading(self.site.engine) as connection:
            try:
                return roster.find(connection, email).status
            except UnknownSubscriber:
                return "unknown"

    def token(self, purpose: str, number: int) -> str:
        """Sign a token as mails have them."""
        with reading(self.site.engine) as connection:
            return keys.tokens(connection).sign(purpose, number)

    def reader(self, email: str = "ana@example.org") -> int:
        """Return a reader's number."""
        with reading(self.site.engine) as connection:
            return roster.find(connection, email).id

    def notices(self) -> list[str]:
        """Return the kinds of the mails that wait for readers."""
        with reading(self.site.engine) as connection:
            query = select(renderings.c.kind).join(deliveries, deliveries.c.rendering_id == renderings.c.id)
            return list(
                connection.scalars(query.where(deliveries.c.status == "queued").order_by(deliveries.c.id))
            )

    def letters(self) -> list[str]:
        """Return the kinds of the letters to the author and to others."""
        with reading(self.site.engine) as connection:
            return list(connection.scalars(select(letters.c.kind).order_by(letters.c.id)))


def with_settings(site: Site, lines: str) -> Site:
    """Return a site with more settings."""
    directory = site.settings.directory
    TestSite(directory).set("[smtp]", f"{lines}\n\n[smtp]")
    return Site(read_settings(directory), site.engine, Templates(None))


@pytest.fixture
def post(engine: Engine, tmp_path: Path, now: datetime) -> Post:
    """A site with nobody in it."""
    return Post(site_on(engine, tmp_path), now)


def subscribe(post: Post) -> None:
    """Subscribe and confirm by mail."""
    assert post.bring("news+subscribe@example.com").action == "ask"
    assert post.bring(f"news+confirm-{post.token('confirm', post.reader())}@example.com").action == "confirm"


def test_in(post: Post) -> None:
    """A wish asks, in the language of the mail; only the answer with the token confirms; the record says how."""
    decision = post.bring(
        "news+subscribe@example.com", Accept_Language="pt-PT, en", Message_ID="<1@example.org>"
    )
    assert (decision.kind, decision.action, post.status()) == ("command", "ask", "pending")
    assert post.bring("news+confirm-1z.k0.abcdef0123@example.com").action == "help"
    assert post.status() == "pending"
    post.bring(
        f"news+confirm-{post.token('confirm', post.reader())}@example.com", Message_ID="<2@example.org>"
    )
    assert post.status() == "confirmed"
    assert post.notices()[-1] == "welcome"
    with reading(post.site.engine) as connection:
        reader = roster.find(connection, "ana@example.org")
        record = [(one.act, one.how, one.source) for one in consent.history(connection, reader.id)]
    assert reader.language == "pt"
    assert record == [("asked", "mail", "<1@example.org>"), ("confirmed", "mail", "<2@example.org>")]


def test_the_same_message_twice(post: Post) -> None:
    """A mail server that did not hear our answer gives it again, and nothing is done again."""
    for _ in range(2):
        post.bring("news+subscribe@example.com", Message_ID="<1@example.org>")
    assert post.notices() == ["confirm"]


def test_another_purpose_does_not_confirm(post: Post) -> None:
    """A token confirms only if it was made for that."""
    post.bring("news+subscribe@example.com")
    token = post.token("unsubscribe", post.reader())
    assert post.bring(f"news+confirm-{token}@example.com").action == "help"
    assert post.status() == "pending"


def test_out_with_a_token(post: Post) -> None:
    """Whoever has a mail's own address to leave may leave, also when a program writes there by itself."""
    subscribe(post)
    token = post.token("unsubscribe", post.reader())
    address = f"news+unsubscribe-{token}@example.com"
    decision = post.bring(address, author="elsewhere@example.net", Auto_Submitted="auto-generated")
    assert decision.action == "unsubscribe"
    assert post.status() == "unsubscribed"
    assert post.bring(address, Message_ID="<9@example.org>").action == "unsubscribe"
    assert post.status() == "unsubscribed"


def test_out_without_a_token(post: Post) -> None:
    """Anybody can write under any address: it gets a link, once a day."""
    subscribe(post)
    for _ in range(2):
        assert post.bring("news+unsubscribe@example.com").action == "send-link"
    assert post.status() == "confirmed"
    assert post.notices().count("leave") == 1


def test_out_by_the_word_of_our_mail_server(post: Post) -> None:
    """Where DMARC passed for the sender, says a server that the settings trust, they have left."""
    subscribe(post)
    words = {"Authentication_Results": "mx.example.com; dmarc=pass header.from=example.org"}
    assert post.bring("news+unsubscribe@example.com", Message_ID="<1@a>", **words).action == "send-link"
    post.site = with_settings(post.site, '[inbound]\ntrusted = ["mx.example.com"]')
    assert post.bring("news+unsubscribe@example.com", Message_ID="<2@a>", **words).action == "unsubscribe"
    assert post.status() == "unsubscribed"


def test_nobody_learns_who_subscribes(post: Post) -> None:
    """A stranger who writes under a reader's address brings about nothing, and one who is unknown gets help."""
    subscribe(post)
    before = post.notices()
    assert post.bring("news+subscribe@example.com", Message_ID="<3@example.org>").action == "none"
    assert post.notices() == before
    assert post.bring("news+unsubscribe@example.com", author="ben@example.org").action == "help"
    assert post.status("ben@example.org") == "unknown"


def test_help_once_a_day(post: Post) -> None:
    """Whoever asks is told what can be asked, once a day, and not where mail must not be sent."""
    for number in range(3):
        post.bring("news+help@example.com", Message_ID=f"<{number}@example.org>")
    assert post.letters() == ["answer"]
    post.now += 2 * DAY
    post.bring("news+help@example.com", Message_ID="<4@example.org>")
    assert post.letters() == ["answer", "answer"]
    with writing(post.site.engine) as connection:
        suppression.suppress(connection, parse("ben@example.org"), reason="complaint", now=post.now)
    assert post.bring("news+help@example.com", author="ben@example.org").action == "none"


def test_answers_are_in_the_readers_language(post: Post) -> None:
    """Proves that who is known is answered in their language, and anybody else in that of their program or ours."""
    with writing(post.site.engine) as connection:
        choices = Choices(language="pl")
        membership.join(
            connection, post.site, parse("pola@example.org"), choices, vouched="a test", now=post.now
        )
    post.bring("news+help@example.com", author="pola@example.org", Accept_Language="ja")
    post.bring("news+help@example.com", author="carl@example.org", Accept_Language="tlh, de-AT;q=0.8")
    post.bring("news+help@example.com", author="dora@example.org", Content_Language="ar")
    post.bring("news+help@example.com", author="eve@example.org")
    with reading(post.site.engine) as connection:
        query = select(letters.c.recipient, letters.c.subject).order_by(letters.c.id)
        assert connection.execute(query).all() == [
            ("pola@example.org", "Jak pisać do Tide Notes"),
            ("carl@example.org", "Wie Sie Tide Notes schreiben"),
            ("dora@example.org", "كيف تكتب إلى Tide Notes"),
            ("eve@example.org", "How to write to Tide Notes"),
        ]


DSN = """\
From: MAILER-DAEMON@mx.example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <{identity}@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; alias@elsewhere.example
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} {words}

--x--
"""

ARF = """\
From: feedback@isp.example
Subject: complaint
Message-ID: <{identity}@isp.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: isp/1
Version: 1

--x
Content-Type: message/rfc822

From: news@example.com
List-Unsubscribe: <https://news.example.com/unsubscribe/{token}>
Subject: The tide

Words
--x--
"""


def with_issue(post: Post) -> tuple[str, int]:
    """Send an issue to one reader; return their address and the number of the delivery."""
    with writing(post.site.engine) as connection:
        add_readers(connection, 1, post.now)
        email = connection.scalar(select(subscribers.c.email)) or ""
    return email, with_another(post, 1)


def with_another(post: Post, number: int) -> int:
    """Send this issue; return the number of the delivery."""
    with writing(post.site.engine) as connection:
        rendering = freeze(connection, post.now, number=number)
        queue.enqueue_issue(connection, number, rendering, audience(Segment(None)), due_at=post.now)
        connection.execute(update(deliveries).values(status="sent", settled_at=post.now))
        return connection.scalar(select(deliveries.c.id).where(deliveries.c.rendering_id == rendering)) or 0


def test_a_bounce_finds_its_reader(post: Post) -> None:
    """By the token of the return path, whatever address the report names; who is not there is suppressed at once."""
    email, number = with_issue(post)
    recipient = f"b+{post.token(BOUNCE, number)}@example.com"
    raw = DSN.format(identity=1, status="5.1.1", words="User unknown").encode()
    decision = post.bring_raw(raw, recipient)
    assert (decision.kind, decision.action, decision.address, decision.delivery) == (
        "bounce",
        "suppress",
        email,
        number,
    )
    with reading(post.site.engine) as connection:
        assert suppression.is_suppressed(connection, parse(email))
    assert post.status(email) == "unsubscribed"


def test_a_full_mailbox_is_no_end(post: Post) -> None:
    """Three deliveries that came back, over a week or more, end a subscription; the same again says nothing new."""
    email, number = with_issue(post)
    said, begin = [], post.now
    for issue, day in enumerate((0, 1, 3, 8), start=1):
        post.now = begin + day * DAY
        number = number if issue == 1 else with_another(post, issue)
        for again in range(2):
            raw = DSN.format(identity=f"{day}.{again}", status="4.2.2", words="mailbox full").encode()
            assert post.bring_raw(raw, f"b+{post.token(BOUNCE, number)}@example.com").action == "count"
        said.append(post.status(email))
    assert said == ["confirmed", "confirmed", "confirmed", "unsubscribed"]


def test_a_bounce_that_is_about_us(post: Post) -> None:
    """It alarms the author, and removes nobody."""
    email, number = with_issue(post)
    raw = DSN.format(identity=1, status="5.7.1", words="blocked by policy").encode()
    assert post.bring_raw(raw, f"b+{post.token(BOUNCE, number)}@example.com").action == "alert"
    assert post.status(email) == "confirmed"
    assert len(post.letters()) == 1


def test_a_forged_bounce(post: Post) -> None:
    """Without a token that we signed it is about nobody, whomever it names."""
    subscribe(post)
    raw = DSN.replace("alias@elsewhere.example", "ana@example.org").format(
        identity=1, status="5.1.1", words="x"
    )
    post.bring_raw(raw.encode(), "b+1z.k0.abcdef0123@example.com")
    assert post.status() == "confirmed"


def test_a_complaint(post: Post) -> None:
    """It unsubscribes and suppresses at once; whose it is says the link within the message that it gives back."""
    email, _ = with_issue(post)
    token = post.token("unsubscribe", post.reader(email))
    decision = post.bring_raw(ARF.format(identity=1, token=token).encode(), "abuse@example.com")
    assert (decision.kind, decision.address) == ("complaint", email)
    assert post.status(email) == "unsubscribed"
    with reading(post.site.engine) as connection:
        assert suppression.is_suppressed(connection, parse(email))


def test_letters_go_on(post: Post) -> None:
    """What a person writes is for the author, as it came; what a machine writes by itself is for nobody."""
    letter = {"subject": "Re: The tide", "Message_ID": "<1@example.org>"}
    refused = post.bring("news@example.com", **letter).refusal
    assert refused is not None, "the author has no other address than ours, where it would come back here"
    post.site = with_settings(post.site, '[author]\nemail = "author@example.org"')
    assert post.bring("news@example.com", **letter).action == "forward"
    assert post.bring("news@example.com", "Away", Auto_Submitted="auto-replied").action == "none"
    assert len(post.letters()) == 1


def test_no_such_address(post: Post) -> None:
    """What is refused changes nothing, and is not remembered: it may come again to the right address."""
    decision = post.bring("nobody@example.com", Message_ID="<1@example.org>")
    assert decision.refusal is not None
    assert decision.refusal.status == "5.1.1"
    with reading(post.site.engine) as connection:
        assert connection.scalar(select(received.c.identity)) is None
