"""The settings: one documented table, read once from newsletter.toml and the environment, then passed on.

Every key may also come from the environment as NEWSLETTER_SECTION_KEY, and a secret from the file that
NEWSLETTER_SECTION_KEY_FILE names. The environment wins.
"""

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from newsletter.cadence import Cadence, parse_cadence
from newsletter.errors import SettingsError
from subscribers.address import Address
from subscribers.address import parse as parse_address
from subscribers.errors import InvalidAddress

FILE_NAME = "newsletter.toml"

#: The cadences on offer where [schedule] names none.
DEFAULT_SCHEDULE = {"weekly": "Mon 08:00"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Who a mail is from: a display name and an address."""

    name: str
    address: Address


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("write a text in quotes")
    if any(ord(character) < 32 for character in value):
        raise ValueError("write it on one line, without control characters")
    return value.strip()


def _filled(value: object) -> str:
    text = _text(value)
    if not text:
        raise ValueError("it must not be empty")
    return text


def _url(value: object) -> str:
    text = _text(value)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError('write a whole address such as "https://news.example.com"')
    return text.rstrip("/")


def _address(value: object) -> Address:
    try:
        return parse_address(_text(value))
    except InvalidAddress as error:
        raise ValueError(str(error)) from None


def _mailbox(value: object) -> Mailbox:
    name, address = parseaddr(_text(value))
    try:
        return Mailbox(name, parse_address(address))
    except InvalidAddress as error:
        raise ValueError(f'write "Name <news@example.com>" ({error})') from None


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(_filled(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('write the name of a time zone such as "Europe/London" or "UTC"') from None


def _language(value: object) -> str:
    text = _filled(value)
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text):
        raise ValueError('write a language tag such as "en" or "pt-BR"')
    return text


def _folder(value: object) -> str:
    return _filled(value)


def _whole(low: int, high: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise ValueError(f"write a whole number from {low} to {high}")
        return number

    return parse


def _one_of(*choices: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if value not in choices:
            raise ValueError("write one of " + ", ".join(f'"{choice}"' for choice in choices))
        return str(value)

    return parse


def _hostname(value: object) -> str:
    text = _filled(value)
    if not re.fullmatch(r"[A-Za-z0-9.:_-]+", text):
        raise ValueError('write a host name such as "mail.example.com" or an IP address')
    return text


def _listen(value: object) -> str:
    text = _filled(value)
    if not re.fullmatch(r".+:\d{1,5}", text):
        raise ValueError('write an address and a port such as "127.0.0.1:8025"')
    return text


def _database(value: object) -> str:
    text = _filled(value)
    if not text.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError('write "sqlite:///newsletter.db" or "postgresql+psycopg://user@host/name"')
    return text


def setting(
    doc: str, parse: Callable[[object], Any], *, default: Any = MISSING, key: str = "", secret: bool = False
) -> Any:
    """Declare one setting: what it means, how it is read, and what it is when nothing is said."""
    metadata = {"doc": doc, "parse": parse, "key": key, "secret": secret}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterSection:
    title: str = setting("The newsletter's name.", _filled)
    sender: Mailbox = setting("Who the mail is from: name and address.", _mailbox, key="from")
    url: str = setting("Where readers reach our pages; links in mails lead there.", _url)
    postal_address: str = setting(
        "Your postal address. The law of many countries wants it in every issue; none is sent without.",
        _text,
        default="",
    )
    language: str = setting("The language of the newsletter, as a language tag.", _language, default="en")
    timezone: ZoneInfo = setting("Where the author's clock stands.", _zone, default=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSection:
    folder: str = setting(
        "The folder of posts, or the root of a Hugo, Jekyll, Zola, Pelican, Eleventy, Astro or Obsidian site.",
        _folder,
        default="posts",
    )
    url: str | None = setting(
        "The public site of the posts, for links. Found from the generator's settings where it has any.",
        _url,
        default=None,
    )
    body: str = setting(
        'What a digest shows of each post: "summary" or "full".', _one_of("summary", "full"), default="summary"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSection:
    host: str = setting("The relay that takes our mail.", _hostname, default="localhost")
    port: int = setting("Its port.", _whole(1, 65535), default=25)
    security: str = setting(
        'How the connection is protected: "starttls", "tls" or "none".',
        _one_of("starttls", "tls", "none"),
        default="none",
    )
    username: str = setting("The name to log in with; none: no login.", _text, default="")
    password: str = setting("The password to log in with.", _text, default="", secret=True)
    connections: int = setting("How many connections to the relay at the most.", _whole(1, 100), default=10)
    rate: int = setting("Messages a second at the most; 0: no limit.", _whole(0, 1_000_000), default=0)
    timeout: int = setting("Seconds to wait for the relay's answer (RFC 5321, 4.5.3.2).", _whole(1, 3600), default=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSection:
    url: str = setting(
        "Where readers and issues are kept: SQLite (relative to the site) or PostgreSQL.",
        _database,
        default="sqlite:///newsletter.db",
        secret=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSection:
    listen: str = setting(
        "Where `newsletter serve` will offer the readers' pages; no version serves them yet.",
        _listen,
        default="127.0.0.1:8025",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSection:
    listen: str = setting(
        "Where `newsletter serve` will take inbound mail; no version does yet.", _listen, default="127.0.0.1:8024"
    )
    domain: str = setting(
        "The domain of return paths and mail commands; empty: that of `from`.", _text, default=""
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorSection:
    email: Address | None = setting("Where readers' replies and alarms go; none: `from`.", _address, default=None)


@dataclass(frozen=True, slots=True)
class ScheduleSection:
    """The cadences on offer, by name, and the one that readers get who choose none."""

    cadences: Mapping[str, Cadence]
    default: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that newsletter.toml and the environment say, checked."""

    directory: Path
    newsletter: NewsletterSection
    content: ContentSection
    schedule: ScheduleSection
    smtp: SmtpSection
    database: DatabaseSection
    web: WebSection
    inbound: InboundSection
    author: AuthorSection

    @property
    def database_url(self) -> str:
        """The database's URL, with a relative SQLite file taken from the site's directory."""
        prefix, _, name = self.database.url.partition("sqlite:///")
        return f"sqlite:///{self.directory / name}" if not prefix else self.database.url

    @property
    def content_folder(self) -> Path:
        return self.directory / Path(self.content.folder).expanduser()

    @property
    def return_domain(self) -> str:
        """The domain of return paths and mail commands."""
        return self.inbound.domain or self.newsletter.sender.address.ascii_email.rpartition("@")[2]

    @property
    def author_address(self) -> Address:
        return self.author.email or self.newsletter.sender.address


SECTIONS: dict[str, type] = {
    "newsletter": NewsletterSection,
    "content": ContentSection,
    "smtp": SmtpSection,
    "database": DatabaseSection,
    "web": WebSection,
    "inbound": InboundSection,
    "author": AuthorSection,
}

#: Sections that are known and refused, with what to do instead: ignoring them would be a lie.
NOT_YET = {"dkim": "this version does not sign; let the relay sign, and take [dkim] out"}


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
    for section, kind in SECTIONS.items():
        for entry in fields(kind):
            yield Documented(
                section,
                entry.metadata["key"] or entry.name,
                entry.metadata["doc"],
                None if entry.default is MISSING else entry.default,
                entry.default is MISSING,
                entry.metadata["secret"],
            )


def read_settings(directory: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings of a site. Raises SettingsError that names every fault with its line."""
    path = directory / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is not there.", remedy=f"Make a site with `newsletter init {directory}`, or name one with --site."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}.", remedy="The file is written in TOML, see https://toml.io.") from None
    reading = _Reading(text, given, environ)
    sections = {name: reading.section(name, kind) for name, kind in SECTIONS.items()}
    schedule = reading.schedule()
    reading.refuse_unknown_sections()
    if reading.faults:
        raise SettingsError("\n".join(reading.faults))
    return Settings(directory=directory, schedule=schedule, **sections)


class _Reading:
    """One reading of the file: collects every fault, so that an author mends all of them at once."""

    def __init__(self, text: str, given: dict[str, Any], environ: Mapping[str, str]) -> None:
        self.lines = text.splitlines()
        self.given = given
        self.environ = environ
        self.faults: list[str] = []

    def section(self, name: str, kind: type) -> Any:
        values = self._table(name)
        known = {entry.metadata["key"] or entry.name: entry for entry in fields(kind)}
        self._refuse_unknown_keys(name, values, list(known))
        read: dict[str, Any] = {}
        for key, entry in known.items():
            place, value = self._value(name, key, values, secret=entry.metadata["secret"])
            if value is None and entry.default is MISSING:
                self.faults.append(f'{FILE_NAME}: [{name}] {key} is missing. {entry.metadata["doc"]}')
            elif value is not None:
                try:
                    read[entry.name] = entry.metadata["parse"](value)
                except ValueError as error:
                    self.faults.append(f"{place}: [{name}] {key} = {_shown(value, entry)}: {error}.")
        return None if self.faults else kind(**read)

    def schedule(self) -> ScheduleSection:
        values = dict(self._table("schedule"))
        default = values.pop("default", None)
        cadences: dict[str, Cadence] = {}
        for name, rhythm in (values or DEFAULT_SCHEDULE).items():
            try:
                if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
                    raise ValueError("name a cadence in small letters, such as weekly")
                cadences[name] = parse_cadence(name, _text(rhythm))
            except ValueError as error:
                self.faults.append(f"{self._place('schedule', name)}: [schedule] {name} = {rhythm!r}: {error}.")
        if default is None:
            default = "weekly" if "weekly" in cadences else next(iter(cadences), "")
        elif default not in cadences and not self.faults:
            on_offer = ", ".join(cadences)
            self.faults.append(
                f"{self._place('schedule', 'default')}: [schedule] default = {default!r}: write one of {on_offer}."
            )
        return ScheduleSection(cadences, str(default))

    def refuse_unknown_sections(self) -> None:
        accepted = [*SECTIONS, "schedule"]
        for name in self.given:
            if name in NOT_YET:
                self.faults.append(f"{self._place(name, '')}: [{name}]: {NOT_YET[name]}.")
            elif name not in accepted:
                self.faults.append(f"{self._place(name, '')}: [{name}] is no section; {_suggest(name, accepted)}.")

    def _table(self, name: str) -> dict[str, Any]:
        table = self.given.get(name, {})
        if isinstance(table, dict):
            return table
        self.faults.append(f"{self._place('', name)}: {name} must be a section, written [{name}].")
        return {}

    def _value(self, section: str, key: str, values: dict[str, Any], *, secret: bool) -> tuple[str, Any]:
        variable = f"NEWSLETTER_{section}_{key}".upper()
        if variable in self.environ:
            return variable, self.environ[variable]
        if secret and (file := self.environ.get(f"{variable}_FILE")):
            try:
                return f"{variable}_FILE", Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.faults.append(f"{variable}_FILE: {file} cannot be read: {error}.")
        return self._place(section, key), values.get(key)

    def _refuse_unknown_keys(self, section: str, values: dict[str, Any], known: list[str]) -> None:
        for key in values:
            if key not in known:
                self.faults.append(
                    f"{self._place(section, key)}: [{section}] has no setting {key}; {_suggest(key, known)}."
                )

    def _place(self, section: str, key: str) -> str:
        """Return file and line of a key; tomllib keeps no positions, so the line is looked for."""
        current = ""
        for number, line in enumerate(self.lines, 1):
            if match := re.match(r"\s*\[\s*([\w-]+)\s*\]", line):
                current = match[1]
                if current == section and not key:
                    return f"{FILE_NAME}:{number}"
            elif current == section and re.match(rf"\s*\"?{re.escape(key)}\"?\s*[=.]", line):
                return f"{FILE_NAME}:{number}"
        return FILE_NAME


def _shown(value: object, entry: Any) -> str:
    return "(not shown)" if entry.metadata["secret"] else repr(value)


def _suggest(name: str, accepted: list[str]) -> str:
    close = get_close_matches(name, accepted, n=1)
    return f"did you mean {close[0]}?" if close else "it takes " + ", ".join(accepted)
