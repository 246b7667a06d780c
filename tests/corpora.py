"""Where real blogs and real bounces lie, if they are at hand; they are no part of the project."""

import os
from pathlib import Path

import pytest

_NAMED = "NEWSLETTER_TEST_DATA"


def corpus(name: str) -> Path | None:
    """Return a folder of test data: from $NEWSLETTER_TEST_DATA, else ../shared/data beside the project."""
    data = Path(os.environ.get(_NAMED, Path(__file__).parents[2] / "shared" / "data"))
    folder = data / name
    return folder if folder.is_dir() else None


def at_hand(name: str) -> Path:
    """Return a folder of test data for a test, which is skipped without it: no package brings it along.

    It fails where $NEWSLETTER_TEST_DATA says that the data is there.
    """
    if folder := corpus(name):
        return folder
    reason = f"the corpus {name} is not on this machine"
    if _NAMED in os.environ:
        pytest.fail(f"{reason}, though ${_NAMED} is set", pytrace=False)
    pytest.skip(f"{reason}; name where it is with ${_NAMED}")
