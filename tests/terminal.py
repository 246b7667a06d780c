"""A terminal of one's own, in which a command runs: it sees a screen, and the test sees what stands on it."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.processes import PATIENCE
from tests.sites import TestSite


class Terminal:
    """A command on a site, on a terminal."""

    def __init__(self, site: TestSite, *words: object) -> None:
        self.shown = ""
        self._screen, theirs = pty.openpty()
        command = [sys.executable, "-m", "newsletter", *map(str, words), "--site", str(site.directory)]
        environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        streams: Any = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        root = Path(__file__).parents[1]
        self.process = subprocess.Popen(command, cwd=root, env=environ, **streams)
        os.close(theirs)

    def await_words(self, words: str) -> None:
        """Read until these words have been written."""
        while words not in self.shown:
            assert self._read(), f"it ended without {words!r}: {self.shown}"

    def await_more(self) -> None:
        """Read until something more has been written."""
        assert self._read(), f"it ended: {self.shown}"

    def end(self) -> int:
        """Read to the end; return the exit status."""
        while self._read():
            pass
        os.close(self._screen)
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        try:
            text = os.read(self._screen, 65536)
        except OSError:  # Linux says EIO when nobody writes there any more
            text = b""
        self.shown += text.decode(errors="replace")
        return bool(text)
