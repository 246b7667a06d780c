"""Run the command line as a person would, in this process."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from newsletter.cli import main


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed as JSON."""
        return json.loads(self.out)


def run(*words: object) -> Ran:
    """Run `newsletter WORDS…`."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["newsletter", *map(str, words)]
    status: Any = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as exit_:
        status = exit_.code
    finally:
        sys.argv = before
    return Ran(int(status or 0), out.getvalue(), err.getvalue())


def done(*words: object) -> Ran:
    """Run a command that must succeed."""
    ran = run(*words)
    assert ran.status == 0, ran.err
    return ran
