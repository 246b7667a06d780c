"""Readers from elsewhere: files as other services write them, a dry run, who is let in and who is not, and back out."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.sites import TestSite, make_site
from tests.smtp_server import smtp_server

MAILCHIMP = '''"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,TAGS
ana@example.org,Ana,Brito,2,"2019-03-16 14:40:47",192.0.2.7,"2019-03-16 14:45:00",192.0.2.8,"""tides"",""boats, old"""
ben@example.org,Ben,,2,"2020-01-01 10:00:00",,,,
'''
CLEANED = """"Email Address",OPTIN_TIME,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE
gone@example.org,"2019-03-16 14:40:47","2020-01-01 10:00:00",News
"""
UNSUBSCRIBED = """"Email Address",OPTIN_TIME,UNSUB_TIME,UNSUB_REASON
left@example.org,"2019-03-16 14:40:47","2020-01-01 10:00:00",NORMAL
"""
SUBSTACK = """email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at
ana@example.org,false,,other,false,2023-05-01T10:00:00.000Z,
left@example.org,false,,other,true,2023-05-01T10:00:00.000Z,
"""
GHOST = """id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels
1,ana@example.org,Ana Brito,,true,false,,2024-01-15T10:00:00.000Z,,"tides,boats"
2,left@example.org,,,false,false,,2024-01-15T10:00:00.000Z,,
"""
BUTTONDOWN = """email_address,notes,metadata,tags,referrer_url,creation_date,type
ana@example.org,,"{""name"": ""Ana Brito""}","tides, boats",,2024-01-15T10:00:00Z,regular
left@example.org,,{},,,2024-01-15T10:00:00Z,unsubscribed
gone@example.org,,{},,,2024-01-15T10:00:00Z,undeliverable
cross@example.org,,{},,,2024-01-15T10:00:00Z,complained
wait@example.org,,{},,,2024-01-15T10:00:00Z,unactivated
"""
LISTMONK = """uuid,email,name,attributes,status,created_at,updated_at
a-1,ana@example.org,Ana Brito,{},enabled,2024-01-15 10:00:00+00:00,2024-01-15 10:00:00+00:00
a-2,cross@example.org,,{},blocklisted,2024-01-15 10:00:00+00:00,2024-01-15 10:00:00+00:00
"""
KIT = """id,first_name,email,status,created_at,tags
1,Ana,ana@example.org,active,2024-01-15 10:00:00,"tides,boats"
2,,left@example.org,cancelled,2024-01-15 10:00:00,
3,,gone@example.org,bounced,2024-01-15 10:00:00,
"""
PLAIN = "E-Mail;Name\nana@example.org;Ana Brito\n"

BASIS = "they subscribed at our old service"


@pytest.fixture
def site(tmp_path: Path) -> TestSite:
    """A site with nobody in it."""
    return make_site(tmp_path / "site")


def bring(site: TestSite, text: str, *words: object, name: str = "people.csv") -> dict[str, Any]:
    """Import a file; return what the command says."""
    file = site.directory.parent / name
    file.write_text(text, encoding="utf-8")
    return dict(site.data("subscribers", "import", file, *words))


def statuses(site: TestSite) -> dict[str, str]:
    """Return how each reader stands."""
    return {reader["email"]: reader["status"] for reader in site.data("subscribers", "list")}


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("mailchimp", MAILCHIMP, {"confirmed": 2}),
        ("mailchimp", CLEANED, {"suppressed": 1}),
        ("mailchimp", UNSUBSCRIBED, {"unsubscribed": 1}),
        ("substack", SUBSTACK, {"confirmed": 1, "unsubscribed": 1}),
        ("ghost", GHOST, {"confirmed": 1, "unsubscribed": 1}),
        ("buttondown", BUTTONDOWN, {"confirmed": 1, "unsubscribed": 1, "suppressed": 2, "no basis": 1}),
        ("listmonk", LISTMONK, {"confirmed": 1, "suppressed": 1}),
        ("kit", KIT, {"confirmed": 1, "unsubscribed": 1, "suppressed": 1}),
        ("plain", PLAIN, {"confirmed": 1}),
    ],
)
def test_files_of_other_services(site: TestSite, name: str, text: str, rows: dict[str, int]) -> None:
    """Each is known by its columns; who had left or bounced there comes as such; a dry run says the same before."""
    foreseen = bring(site, text, "--basis", BASIS, "--dry-run")
    assert site.data("subscribers", "list") == []
    told = bring(site, text, "--basis", BASIS)
    assert (told["format"], told["rows"]) == (name, rows)
    assert foreseen["rows"] == rows
    for email, status in statuses(site).items():
        wanted = {"ana@example.org": "confirmed", "ben@example.org": "confirmed"}.get(email, "unsubscribed")
        assert status == wanted
    again = bring(site, text, "--basis", BASIS)["rows"]
    assert set(again) <= {"known", "no basis"}


def test_what_is_known_of_them(site: TestSite) -> None:
    """What the file has is kept, with the author's word and the place in the file; of addresses their network."""
    bring(site, MAILCHIMP, "--basis", BASIS)
    ana = site.data("subscribers", "show", "ana@example.org")
    assert (ana["name"], ana["topics"]) == ("Ana Brito", ["boats, old", "tides"])
    (act,) = ana["consent"]
    assert (act["act"], act["how"], act["source"]) == ("confirmed", "import", "mailchimp people.csv:2")
    for piece in (BASIS, "confirmed 2019-03-16 14:45:00", "from 192.0.2.0/24", "asked 2019-03-16 14:40:47"):
        assert piece in act["wording"]


def test_nobody_without_a_basis(site: TestSite) -> None:
    """Whom nothing vouches for is left out; the file's own evidence suffices."""
    assert bring(site, MAILCHIMP)["rows"] == {"confirmed": 1, "no basis": 1}
    assert statuses(site) == {"ana@example.org": "confirmed"}
    assert "--basis" in site.done("subscribers", "import", site.directory.parent / "people.csv").err


def test_nobody_is_brought_back(site: TestSite) -> None:
    """Who has left here, is suppressed or was erased stays so, whatever the file says, and whatever its spelling."""
    for name in ("ana", "ben", "eva"):
        site.reader(f"{name}@example.org")
    site.done("subscribers", "remove", "ana@example.org")
    site.done("subscribers", "erase", "ben@example.org", "--yes")
    rows = ("Ana@Example.ORG", "ben@example.org", "eva@example.org", "new@example.org", "NEW@example.org")
    told = bring(site, "\n".join(("email", *rows)), "--basis", BASIS)
    assert told["rows"] == {"known": 2, "never mailed": 1, "confirmed": 1, "twice": 1}
    stand = statuses(site)
    assert stand.pop("ana@example.org") == "unsubscribed"
    assert stand == {"eva@example.org": "confirmed", "new@example.org": "confirmed"}


def test_nothing_old_comes_again(tmp_path: Path) -> None:
    """What was published before they came they have had elsewhere; the next post is for them."""
    with smtp_server() as server:
        site = make_site(tmp_path / "site", port=server.port)
        site.reader("eva@example.org")
        site.write("old.md")
        site.send()
        bring(site, PLAIN, "--basis", BASIS)
        site.write("new.md")
        site.send()
    (mail,) = server.copies("ana@example.org")
    assert b"The text of new." in mail.data
    assert b"The text of old." not in mail.data
    assert len(server.copies("eva@example.org")) == 2


def test_there_and_back(site: TestSite, tmp_path: Path) -> None:
    """A file of ours, taken in by an empty site, gives the same file again, octet by octet."""
    site.reader("ana@example.org", "--name", '=HYPERLINK("x")', "--topics", "tides,a, b")
    site.reader("ben@example.org", "--name", "'quoted'", "--language", "pt", "--timezone", "Asia/Tokyo")
    site.reader("jörg@bücher.example", "--name", "Jörg “der Käpt'n” Müller, Sohn", "--cadence", "daily")
    site.done("subscribers", "remove", "ben@example.org")
    bring(site, BUTTONDOWN.replace("ana@", "eva@"), "--basis", BASIS)
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    site.done("subscribers", "export", first)
    other = make_site(tmp_path / "other")
    assert site.done("subscribers", "export").out.encode() == first.read_bytes()
    other.done("subscribers", "import", first)
    other.done("subscribers", "export", second)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o077 == 0
    names = [row["name"] for row in csv.DictReader(first.read_text().splitlines())]
    assert not any(name.startswith("=") for name in names), "no spreadsheet runs it"
    assert other.run("subscribers", "export", first).status == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no columns"),
        (b"name,phone\nAna,1\n", "no columns"),
        (b"PK\x03\x04rest", "ZIP archive"),
        (b"email,name\nana@example.org,J\xf6rg\n", "not in UTF-8"),
        (b'email,name\n"ana@example.org,Ana\n' + b"x" * 2_000_000, "cannot be read as CSV"),
    ],
)
def test_files_that_are_none(site: TestSite, content: bytes, said: str) -> None:
    """What cannot be read is named with what to do, and nobody has come in."""
    file = site.directory.parent / "people.csv"
    file.write_bytes(content)
    ran = site.run("subscribers", "import", file, "--basis", BASIS)
    assert ran.status == 1
    assert said in ran.err
    assert site.data("subscribers", "list") == []


def test_rows_that_are_none(site: TestSite) -> None:
    """A broken row stops none of the others, and is named by its line."""
    rows = ("email,name", "nobody", "", "ana@example.org,Ana", "ben@example.org,a,b,c", "a\x07@example.org,")
    told = bring(site, "\n".join(rows), "--basis", BASIS)
    assert told["rows"] == {"confirmed": 1, "invalid": 3}
    assert [row["line"] for row in told["invalid"]] == [2, 5, 6]


def test_from_a_spreadsheet(site: TestSite) -> None:
    """Semicolons, a byte order mark and UTF-16 are what spreadsheets write."""
    file = site.directory.parent / "people.csv"
    for number, encoding in enumerate(("utf-8-sig", "utf-16")):
        file.write_bytes(f"Email;Name\r\nreader{number}@example.org;Jörg\r\n".encode(encoding))
        site.done("subscribers", "import", file, "--basis", BASIS)
    assert [reader["name"] for reader in site.data("subscribers", "list")] == ["Jörg", "Jörg"]
