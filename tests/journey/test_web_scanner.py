"""A link scanner, as companies put in front of mailboxes: it follows every link of every mail, and submits nothing."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import select

from newsletter import membership
from newsletter.application.delivering import deliver_notices
from newsletter.application.opening import opened
from newsletter.membership import Choices, Origin
from newsletter.outbox.messages.opened import Opened, open_mail
from subscribers import roster
from subscribers.address import parse
from subscribers.database import metadata, reading, writing
from subscribers.roster import Subscriber
from tests.sites import make_site
from tests.smtp_server import smtp_server
from tests.web import HOST, Web, serving

PREFETCHES = ({}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"})


@pytest.fixture(scope="module")
def mailed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Web, list[Opened]]]:
    """A site that has sent an issue and one notice of each kind, and all its mails as they came from the relay."""
    directory = tmp_path_factory.mktemp("scanned") / "site"
    with smtp_server() as relay:
        made = make_site(directory, port=relay.port)
        made.reader("ana@example.org")
        made.write("harbour.md", "Words, and [a link](https://example.com/elsewhere).")
        made.send()
        with opened(directory) as site, serving(site) as web:
            with writing(site.engine) as connection:

                def ask(email: str) -> Subscriber:
                    return membership.join(
                        connection, site, parse(email), Choices(), vouched=None, now=web.clock()
                    )

                ask("pending@example.org")
                link = Origin("link")
                for email in ("welcome@example.org", "gone@example.org"):
                    reader = membership.confirm(connection, site, ask(email), link, now=web.clock())
                membership.leave(connection, site, reader, link, now=web.clock(), goodbye=True)
            assert deliver_notices(site) is None
            yield web, [open_mail(message.data) for message in relay.received]


def links(mail: Opened) -> set[str]:
    """Return the place of every link of ours in a mail, its headers included."""
    headers = "\n".join(str(value) for name, value in mail.message.items() if name.startswith("List-"))
    written = "\n".join((unescape(mail.html), mail.text, headers))
    return set(re.findall(rf"https://{re.escape(HOST)}(/[^\s\"'<>)]*)", written))


def everything(web: Web) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table that there is."""
    with reading(web.site.engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def test_a_scanner_changes_nothing(mailed: tuple[Web, list[Opened]]) -> None:
    """Proves that GET, HEAD and prefetches of each link, and of each link behind it, change no row of the database."""
    web, mails = mailed
    before = everything(web)
    places = set().union(*map(links, mails))
    kinds = {place.split("/")[1] for place in places}
    assert {"confirm", "unsubscribe", "preferences", "goodbye", "archive"} <= kinds
    seen: set[str] = set()
    while places - seen:
        place = min(places - seen)
        seen.add(place)
        for said in PREFETCHES:
            page = web.get(place, headers=said)
            assert page.status_code == 200, place
        assert web.ask("HEAD", place).status_code == 200
        if "html" in page.headers["content-type"]:
            places |= {unescape(found) for found in re.findall(r'href="(/[^"#]*)', page.text)}
    assert len(seen) > len(kinds)
    assert everything(web) == before


def test_the_header_of_an_issue_works_as_mail_programs_use_it(mailed: tuple[Web, list[Opened]]) -> None:
    """Proves RFC 8058 from end to end: the address in the header, and nothing else, ends the subscription."""
    web, mails = mailed
    (issue,) = (mail for mail in mails if "ana@example.org" in str(mail.message["To"]))
    assert issue.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (place,) = re.findall(rf"<https://{re.escape(HOST)}(/[^>]+)>", str(issue.message["List-Unsubscribe"]))
    answer = web.ask("POST", place, files={"List-Unsubscribe": (None, "One-Click")})
    assert (answer.status_code, answer.cookies) == (200, {})
    with reading(web.site.engine) as connection:
        status = roster.find(connection, "ana@example.org").status
    assert status == "unsubscribed"
