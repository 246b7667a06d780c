"""Every setting there is: what it means, how it is read, and what it is when nothing is said."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from newsletter.cadence import Cadence
from newsletter.settings import values
from newsletter.settings.values import Mailbox
from subscribers import networks
from subscribers.address import Address

#: Seconds that an undo window may last.
LONGEST_UNDO = 86_400


def setting(
    doc: str, parse: Callable[[object], Any], *, default: Any = MISSING, key: str = "", secret: bool = False
) -> Any:
    """Declare one setting: what it means, how it is read, and what it is when nothing is said."""
    metadata = {"doc": doc, "parse": parse, "key": key, "secret": secret}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterSection:
    title: str = setting("The newsletter's name.", values.filled)
    sender: Mailbox = setting("Who the mail is from: name and address.", values.mailbox, key="from")
    url: str = setting("Where readers reach our pages; links in mails lead there.", values.url)
    postal_address: str = setting(
        "Your postal address. The law of many countries wants it in every issue; none is sent without.",
        values.text,
        default="",
    )
    language: str = setting(
        "The language of the newsletter, as a language tag.", values.language, default="en"
    )
    timezone: ZoneInfo = setting("Where the author's clock stands.", values.zone, default=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSection:
    folder: str = setting(
        "The folder of posts, or the root of a Hugo, Jekyll, Zola, Pelican, Eleventy, Astro or Obsidian site.",
        values.filled,
        default="posts",
    )
    url: str | None = setting(
        "The public site of the posts, for links. Found from the generator's settings where it has any.",
        values.url,
        default=None,
    )
    body: str = setting(
        'What a digest shows of each post: "summary" or "full".',
        values.one_of("summary", "full"),
        default="summary",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagesSection:
    delivery: str = setting(
        'How images reach readers: "link" (from the site of the posts, where it has an address), "served" (from our '
        'own pages, below [newsletter] url), or "inside" the mail.',
        values.one_of("link", "served", "inside"),
        default="link",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSection:
    theme: str = setting(
        'The look: "harbour", "paper", "signal", or one of your own in templates/email/themes.',
        values.filled,
        default="harbour",
    )
    accent: str = setting("The one colour of links and lines; none: the theme's.", values.colour, default="")
    accent_dark: str = setting(
        "The same for dark mode; none: `accent`, lightened until it can be read.", values.colour, default=""
    )
    headings: str = setting("Fonts of titles, as in CSS; none: the theme's.", values.faces, default="")
    text: str = setting("Fonts of the text, as in CSS; none: the theme's.", values.faces, default="")
    width: int = setting("Width of the page in pixels.", values.whole(480, 720), default=600)
    logo: str = setting(
        "An image in place of the title: a file (relative to the site) or a web address.",
        values.text,
        default="",
    )
    logo_width: int = setting("Width of the logo in pixels.", values.whole(16, 600), default=160)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSection:
    silence: tuple[str, ...] = setting(
        "Rules of `newsletter check` that you do not want to hear of, by their names.",
        values.words,
        default=(),
    )
    nameserver: str = setting(
        "The DNS server that is asked, as address or address:port; none: the system's.",
        values.nameserver,
        default="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSection:
    host: str = setting("The relay that takes our mail.", values.hostname, default="localhost")
    port: int = setting("Its port.", values.whole(1, 65535), default=25)
    security: str = setting(
        'How the connection is protected: "starttls", "tls" or "none".',
        values.one_of("starttls", "tls", "none"),
        default="none",
    )
    username: str = setting("The name to log in with; none: no login.", values.text, default="")
    password: str = setting("The password to log in with.", values.text, default="", secret=True)
    auth: str = setting(
        'How we log in: "plain", "login" or "xoauth2"; "auto": as the relay offers, never in the clear.',
        values.one_of("auto", "plain", "login", "xoauth2"),
        default="auto",
    )
    token_file: str = setting(
        "The file with the token for XOAUTH2 (relative to the site), read at each login.",
        values.text,
        default="",
    )
    connections: int = setting(
        "How many connections to the relay at the most.", values.whole(1, 100), default=10
    )
    rate: int = setting("Messages a second at the most; 0: no limit.", values.whole(0, 1_000_000), default=0)
    per_domain: int = setting(
        "How many of the connections may be busy with one domain's readers at once; 0: all.",
        values.whole(0, 100),
        default=0,
    )
    warm_up: int = setting(
        "For a new sender: messages on the first day, with twice as many on each day after it; 0: no limit.",
        values.whole(0, 1_000_000),
        default=0,
    )
    in_doubt: str = setting(
        'A message whose answer from the relay was lost: "again" sends it once more, and its reader may have it twice; '
        '"hold" keeps it back until `newsletter resolve`.',
        values.one_of("again", "hold"),
        default="again",
    )
    timeout: int = setting(
        "Seconds to wait for the relay's answer at the most (RFC 5321, 4.5.3.2).",
        values.whole(1, 3600),
        default=300,
    )
    pipeline: int = setting(
        "How many messages go at once over a connection, where the relay offers CHUNKING; as many are in doubt when "
        "it breaks.",
        values.whole(1, 100),
        default=1,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSection:
    url: str = setting(
        "Where readers and issues are kept: SQLite (relative to the site) or PostgreSQL.",
        values.database,
        default="sqlite:///newsletter.db",
        secret=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSection:
    listen: str = setting(
        'Where `newsletter serve` offers the pages to the proxy: address:port, or "unix:/run/newsletter/web".',
        values.listen_anywhere,
        default="127.0.0.1:8025",
    )
    topics: tuple[str, ...] = setting(
        "The tags that readers can choose among; none: those that the posts have most often.",
        values.words,
        default=(),
    )
    hosts: tuple[str, ...] = setting(
        "Host names under which the pages may be asked for besides that of `url`.", values.words, default=()
    )
    origins: tuple[str, ...] = setting(
        "Origins of pages that may use the API by a script (CORS), such as https://example.com.",
        values.words,
        default=(),
    )
    proxies: tuple[str, ...] = setting(
        "Addresses of proxies that are believed when they say where a visitor comes from.",
        values.words,
        default=("127.0.0.1", "::1"),
    )
    latest_issue: bool = setting(
        "Whether whoever confirms gets the latest issue along with the welcome.", values.switch, default=False
    )
    requests_per_hour: int = setting(
        "Wishes to subscribe that are taken in an hour; beyond that the author is alarmed.",
        values.whole(1, 1_000_000),
        default=500,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSection:
    listen: str = setting(
        'Where `newsletter serve` takes mail from the mail server: address:port, or "unix:/run/newsletter/lmtp"; '
        '"none": nowhere.',
        values.listen_or_none,
        default="127.0.0.1:8024",
    )
    protocol: str = setting(
        'How mail is handed over there: "lmtp" or "smtp".', values.one_of("lmtp", "smtp"), default="lmtp"
    )
    domain: str = setting(
        "The domain of return paths and mail commands; empty: that of `from`.", values.text, default=""
    )
    inbox: Address | None = setting(
        "One fixed address for everything that comes back, where addresses with a + do not arrive.",
        values.address,
        default=None,
    )
    trusted: tuple[str, ...] = setting(
        "The names under which your own mail server writes Authentication-Results; what DMARC says there is believed.",
        values.words,
        default=(),
    )
    largest: int = setting("Megabytes of a message at the most.", values.whole(1, 100), default=10)
    imap_host: str = setting(
        "The IMAP server of a mailbox that `newsletter serve` empties; none: no mailbox.",
        values.text,
        default="",
    )
    imap_port: int = setting("Its port; 0: 993 for TLS, else 143.", values.whole(0, 65535), default=0)
    imap_security: str = setting(
        'How that connection is protected: "tls", "starttls" or "none".',
        values.one_of("tls", "starttls", "none"),
        default="tls",
    )
    imap_username: str = setting("The name to log in with there.", values.text, default="")
    imap_password: str = setting("The password to log in with there.", values.text, default="", secret=True)
    imap_token_file: str = setting(
        "The file with the token for XOAUTH2 there (relative to the site), read at each login.",
        values.text,
        default="",
    )
    imap_folder: str = setting("The folder in which mail arrives.", values.filled, default="INBOX")
    imap_done: str = setting(
        "The folder into which mail is moved that was handled; none: it stays, marked as handled.",
        values.text,
        default="Newsletter",
    )

    @property
    def largest_octets(self) -> int:
        """Octets of a message at the most."""
        return self.largest * 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacySection:
    keep_deliveries: timedelta | None = setting(
        "How long it is kept which mail went to whom, and what the relay said; then only the numbers of each issue "
        'stay. At least "30 days"; "forever": nothing is deleted.',
        values.keeping,
        default=timedelta(days=365),
    )
    addresses: networks.Keeping = setting(
        'What is kept of the internet addresses of readers: "truncated": their network (/24, or /48 of IPv6), "whole", '
        'or "none".',
        values.one_of("truncated", "whole", "none"),
        default="truncated",
        key="addresses_of_requests",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSection:
    domain: str = setting("The domain that signs; none: that of `from`.", values.dns_name, default="")
    selector: str = setting(
        "The key's name in DNS, where it is SELECTOR._domainkey.DOMAIN.", values.dns_name, default=""
    )
    key_file: str = setting(
        "The RSA key that signs, in PEM form (relative to the site); none: the relay signs.",
        values.text,
        default="",
    )
    ed25519_selector: str = setting("The name in DNS of a second key.", values.dns_name, default="")
    ed25519_key_file: str = setting(
        "An Ed25519 key for a second signature, in PEM form (relative to the site).", values.text, default=""
    )

    @property
    def is_used(self) -> bool:
        """Whether anything is set: then we sign."""
        return self != DkimSection()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorSection:
    email: Address | None = setting(
        "Where readers' replies and alarms go; none: `from`.", values.address, default=None
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSection:
    format: str = setting(
        'How the log is written, on standard error: "text", "json", "off", or "auto": text on a terminal, else JSON.',
        values.one_of("auto", "text", "json", "off"),
        default="auto",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleSection:
    """The cadences on offer, by name; every other key of [schedule] is a setting like those of other sections."""

    cadences: Mapping[str, Cadence]
    default: str = setting(
        "The cadence of readers who choose none; where nothing is said, weekly or the first.",
        values.filled,
        default="",
    )
    undo: int = setting(
        "Seconds for which an issue can be undone before it goes out.",
        values.whole(0, LONGEST_UNDO),
        default=0,
    )
    quiet: timedelta = setting(
        'Posts of a cadence "at once" go when there was no further one for so long, or after four times as long.',
        values.duration,
        default=timedelta(hours=1),
    )
    grace: timedelta = setting(
        "How late an issue may be made that could not be made in time; later it is missed, and its posts go with the "
        "next.",
        values.duration,
        default=timedelta(hours=12),
    )
    local_hours: bool = setting(
        "Whether an issue's hour is that of each reader's own clock, not of the author's.",
        values.switch,
        default=False,
    )
    approve: bool = setting(
        "Whether a scheduled issue is announced to the author by mail, and goes only when approved.",
        values.switch,
        default=False,
    )
    approve_ahead: timedelta = setting(
        "How long before its hour an issue that wants approval is made and announced.",
        values.duration,
        default=timedelta(hours=4),
    )

    @property
    def undo_window(self) -> timedelta:
        """How long an issue can be undone."""
        return timedelta(seconds=self.undo)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that newsletter.toml and the environment say, checked."""

    directory: Path
    newsletter: NewsletterSection
    content: ContentSection
    images: ImagesSection
    design: DesignSection
    check: CheckSection
    schedule: ScheduleSection
    smtp: SmtpSection
    database: DatabaseSection
    web: WebSection
    inbound: InboundSection
    privacy: PrivacySection
    dkim: DkimSection
    author: AuthorSection
    log: LogSection

    @property
    def database_url(self) -> str:
        """The database's URL, with a relative SQLite file taken from the site's directory."""
        prefix, _, name = self.database.url.partition("sqlite:///")
        return f"sqlite:///{self.directory / name}" if not prefix else self.database.url

    @property
    def smtp_token_file(self) -> Path | None:
        """The file with the token for XOAUTH2, taken from the site's directory; None: we log in by password."""
        return self.directory / Path(self.smtp.token_file).expanduser() if self.smtp.token_file else None

    @property
    def imap_token_file(self) -> Path | None:
        """The same for the mailbox."""
        return (
            self.directory / Path(self.inbound.imap_token_file).expanduser()
            if self.inbound.imap_token_file
            else None
        )

    @property
    def content_folder(self) -> Path:
        return self.directory / Path(self.content.folder).expanduser()

    @property
    def return_domain(self) -> str:
        """The domain of return paths and mail commands."""
        return self.inbound.domain or self.newsletter.sender.address.key.rpartition("@")[2]

    @property
    def dkim_domain(self) -> str:
        """The domain that signs, where we sign."""
        return self.dkim.domain or self.newsletter.sender.address.key.rpartition("@")[2]

    @property
    def author_address(self) -> Address:
        return self.author.email or self.newsletter.sender.address


SECTIONS: dict[str, type] = {
    "newsletter": NewsletterSection,
    "content": ContentSection,
    "images": ImagesSection,
    "design": DesignSection,
    "check": CheckSection,
    "smtp": SmtpSection,
    "database": DatabaseSection,
    "web": WebSection,
    "inbound": InboundSection,
    "privacy": PrivacySection,
    "dkim": DkimSection,
    "author": AuthorSection,
    "log": LogSection,
}


@dataclass(frozen=True, slots=True)
class Documented:
    """One row of the settings' table, as the guide prints it."""

    section: str
    key: str
    doc: str
    default: Any
    required: bool
    secret: bool


def documented() -> Iterator[Documented]:
    """Yield every setting there is, in the order of the file."""
    for section, kind in (*SECTIONS.items(), ("schedule", ScheduleSection)):
        for entry in settings_of(kind):
            yield Documented(
                section,
                entry.metadata["key"] or entry.name,
                entry.metadata["doc"],
                None if entry.default is MISSING else entry.default,
                entry.default is MISSING,
                entry.metadata["secret"],
            )


def settings_of(section: type) -> Iterator[Field[Any]]:
    """Yield what is declared with :func:`setting`."""
    return (entry for entry in fields(section) if "doc" in entry.metadata)
