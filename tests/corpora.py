"""Where real blogs and real bounces lie, if they are at hand; they are no part of the project."""

import os
from pathlib import Path


def corpus(name: str) -> Path | None:
    """Return a folder of test data: from $NEWSLETTER_TEST_DATA, else ../shared/data beside the project."""
    data = Path(os.environ.get("NEWSLETTER_TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    folder = data / name
    return folder if folder.is_dir() else None
