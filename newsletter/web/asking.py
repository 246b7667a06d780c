"""What a visitor filled in, read and checked: a wish to subscribe, or new choices. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from newsletter.languages import OFFERED
from newsletter.membership import Choices
from subscribers.address import Address, parse
from subscribers.errors import InvalidAddress

#: The most characters of a name that anybody is greeted by.
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Offer:
    """What a reader may choose among."""

    cadences: Collection[str]
    topics: Collection[str]
    languages: Collection[str] = OFFERED


@dataclass(slots=True)
class Answers:
    """The fields of a form. `faults` say by field what is wrong, in the words of the code, to be translated."""

    fields: Mapping[str, Sequence[str]]
    faults: dict[str, str] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return the first value of a field, on one line and without what nobody types."""
        value = next(iter(self.fields.get(name, ())), "")
        return " ".join("".join(letter for letter in value if letter.isprintable() or letter == " ").split())

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field."""
        return tuple(dict.fromkeys(self.fields.get(name, ())))

    def __contains__(self, name: str) -> bool:
        return name in self.fields


def read_address(answers: Answers) -> Address | None:
    """Return the address, or None after noting what is wrong with it."""
    try:
        return parse(answers.one("email"))
    except InvalidAddress:
        answers.faults["email"] = "Please write an address such as ana@example.org."
        return None


def read_choices(answers: Answers, offer: Offer) -> Choices:
    """Return what was chosen; what is not on offer is noted as a fault, and what was not asked stays None."""
    name, cadence = answers.one("name"), answers.one("cadence")
    zone, language = answers.one("timezone"), answers.one("language")
    topics = answers.all("topics")
    if len(name) > LONGEST_NAME:
        answers.faults["name"] = "Please write a shorter name."
    if cadence and cadence not in offer.cadences:
        answers.faults["cadence"] = "Please choose one of these."
    if not set(topics) <= set(offer.topics):
        answers.faults["topics"] = "Please choose among these."
    if zone and zone not in available_timezones():
        answers.faults["timezone"] = "Please write the name of a time zone such as Europe/Lisbon."
    if language and language not in offer.languages:
        answers.faults["language"] = "Please choose one of these."
    return Choices(
        name=name if "name" in answers else None,
        cadence=cadence or None,
        topics=topics if "topics" in answers or "with_topics" in answers else None,
        timezone=zone or None,
        language=language or None,
    )


def read_pause(answers: Answers, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return until when somebody wants to hear nothing: the first minute of a day where they live; None for now."""
    written = answers.one("paused_until")
    if not written:
        return None
    try:
        day = date.fromisoformat(written)
        until = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        answers.faults["paused_until"] = "Please write a day such as 2027-01-31."
        return None
    return until if until > now else None
