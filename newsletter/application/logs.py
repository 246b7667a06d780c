"""The log: one line for each event of an issue, on standard error; none for a message, and no reader's address.

For people on a terminal a line is an event with key=value, for machines it is JSON.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from traceback import extract_tb
from typing import Any, Literal

import structlog

from newsletter.application.opening import clock
from subscribers import networks

Shape = Literal["auto", "text", "json", "off"]

# The relay's words may name the reader: the domain is kept, since it says whose rules were at work.
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"']+@(?=[\w.-])")

_Facts = MutableMapping[str, Any]


class _StandardError:
    """Standard error as it is at the moment of writing: a progress bar puts itself in between."""

    def write(self, text: str) -> None:
        sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def begin(shape: Shape, *, terminal: Shape = "text") -> None:
    """Write events from now on; before, they are not written. `terminal` is what "auto" means on a terminal."""
    if shape == "auto":
        shape = terminal if sys.stderr.isatty() else "json"
    if shape == "off":
        end()
        return
    structlog.configure(
        processors=[
            _without_addresses,
            _with_head,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
            if shape == "json"
            else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, timestamp_key="at"),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=_StandardError()),  # type: ignore[arg-type]
    )


def end() -> None:
    """Write no events any more."""
    structlog.configure(processors=[_drop])


def event(name: str, **facts: object) -> None:
    """Note that something happened, with its facts."""
    structlog.get_logger().info(name, **facts)


def trouble(name: str, **facts: object) -> None:
    """Note that something is not as it should be, with its facts."""
    structlog.get_logger().warning(name, **facts)


class _Bridge(logging.Handler):
    """What libraries complain of in Python's own log, as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        facts = {"of": record.name, "words": networks.truncated(record.getMessage())}
        if record.exc_info and record.exc_info[1] is not None:
            innermost = extract_tb(record.exc_info[2])[-1:]
            error = networks.truncated(str(record.exc_info[1]))
            facts["error"] = f"{type(record.exc_info[1]).__name__}: {error}"
            facts["where"] = "".join(f"{frame.filename}:{frame.lineno}" for frame in innermost)
        trouble("complaint", **facts)


def hear_libraries() -> None:
    """Write down what libraries warn of, and nothing less."""
    root = logging.getLogger()
    root.handlers = [_Bridge(logging.WARNING)]


def _with_head(_logger: object, level: str, facts: _Facts) -> _Facts:
    return {
        "at": clock().isoformat(timespec="milliseconds"),
        "level": level,
        "event": facts.pop("event"),
        **facts,
    }


def _without_addresses(_logger: object, _method: str, facts: _Facts) -> _Facts:
    return {
        name: _ADDRESS.sub("…@", value) if isinstance(value, str) else value for name, value in facts.items()
    }


def _drop(_logger: object, _method: str, _facts: _Facts) -> _Facts:
    raise structlog.DropEvent


end()
