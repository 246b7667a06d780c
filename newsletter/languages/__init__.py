"""The languages in which we speak to readers, and their words."""

from newsletter.languages.words import (
    OFFERED,
    Words,
    choose,
    day,
    direction,
    listed,
    nearest,
    number,
    offered,
    own_name,
    spoken,
    words,
)

__all__ = [
    "OFFERED",
    "Words",
    "choose",
    "day",
    "direction",
    "listed",
    "nearest",
    "number",
    "offered",
    "own_name",
    "spoken",
    "words",
]
