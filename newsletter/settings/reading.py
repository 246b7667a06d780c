"""Reading newsletter.toml and the environment, with every fault named by its place."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from newsletter.cadence import Cadence, parse_cadence
from newsletter.errors import SettingsError
from newsletter.settings import values
from newsletter.settings.sections import SECTIONS, ScheduleSection, Settings, settings_of

FILE_NAME = "newsletter.toml"

#: The cadences on offer where [schedule] names none.
DEFAULT_SCHEDULE = {"weekly": "Mon 08:00"}


def read_settings(directory: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings of a site. Raises SettingsError that names every fault with its line."""
    path = directory / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(
            f"{path} is not there.",
            remedy=f"Make a site with `newsletter init {directory}`, or name one with --site.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path}: {error}.", remedy="The file is written in TOML, see https://toml.io."
        ) from None
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
        given = self._table(name)
        known = {entry.metadata["key"] or entry.name: entry for entry in settings_of(kind)}
        self._refuse_unknown_keys(name, given, list(known))
        read = self._read(name, given, known)
        return None if self.faults else kind(**read)

    def _read(self, name: str, given: dict[str, Any], known: Mapping[str, Field[Any]]) -> dict[str, Any]:
        """Read the settings of a section, those of which something is said."""
        read: dict[str, Any] = {}
        for key, entry in known.items():
            place, value = self._value(name, key, given, secret=entry.metadata["secret"])
            if value is None and entry.default is MISSING:
                self.faults.append(f"{FILE_NAME}: [{name}] {key} is missing. {entry.metadata['doc']}")
            elif value is not None:
                try:
                    read[entry.name] = entry.metadata["parse"](value)
                except ValueError as error:
                    self.faults.append(f"{place}: [{name}] {key} = {_shown(value, entry)}: {error}.")
        return read

    def schedule(self) -> ScheduleSection:
        given = dict(self._table("schedule"))
        known = {entry.name: entry for entry in settings_of(ScheduleSection)}
        read = self._read("schedule", given, known)
        rhythms = {name: rhythm for name, rhythm in given.items() if name not in known}
        cadences = self._cadences(rhythms or DEFAULT_SCHEDULE, list(known))
        default = read.pop("default", None)
        if default is None:
            default = "weekly" if "weekly" in cadences else next(iter(cadences), "")
        elif default not in cadences and not self.faults:
            on_offer = ", ".join(cadences)
            self.faults.append(
                f"{self._place('schedule', 'default')}: [schedule] default = {default!r}: write one of {on_offer}."
            )
        return ScheduleSection(cadences=cadences, default=default, **read)

    def _cadences(self, rhythms: dict[str, Any], settings: list[str]) -> dict[str, Cadence]:
        cadences = {}
        for name, rhythm in rhythms.items():
            try:
                if not re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", name):
                    raise ValueError("name a cadence in small letters, such as weekly")
                cadences[name] = parse_cadence(name, values.text(rhythm))
            except ValueError as error:
                close = get_close_matches(name, settings, n=1)
                meant = f" (if it is to be a setting: did you mean {close[0]}?)" if close else ""
                self.faults.append(
                    f"{self._place('schedule', name)}: [schedule] {name} = {rhythm!r}: {error}{meant}."
                )
        return cadences

    def refuse_unknown_sections(self) -> None:
        accepted = [*SECTIONS, "schedule"]
        for name in self.given:
            if name not in accepted:
                self.faults.append(
                    f"{self._place(name, '')}: [{name}] is no section; {_suggest(name, accepted)}."
                )

    def _table(self, name: str) -> dict[str, Any]:
        table = self.given.get(name, {})
        if isinstance(table, dict):
            return table
        self.faults.append(f"{self._place('', name)}: {name} must be a section, written [{name}].")
        return {}

    def _value(self, section: str, key: str, given: dict[str, Any], *, secret: bool) -> tuple[str, Any]:
        variable = f"NEWSLETTER_{section}_{key}".upper()
        if variable in self.environ:
            return variable, self.environ[variable]
        if secret and (file := self.environ.get(f"{variable}_FILE")):
            try:
                return f"{variable}_FILE", Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                self.faults.append(f"{variable}_FILE: {file} cannot be read: {error}.")
        return self._place(section, key), given.get(key)

    def _refuse_unknown_keys(self, section: str, given: dict[str, Any], known: list[str]) -> None:
        for key in given:
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
