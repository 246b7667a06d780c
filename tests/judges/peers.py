"""Programs from npm that judge our mail: `.ci/run` installs them, pinned, outside the checkout.

The command stands there.
"""

import os
import shutil
import subprocess
from pathlib import Path

from tests.requirements import require

FOLDER = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "newsletter-peers"
MODULES = FOLDER / "node_modules"


def node() -> str | None:
    """Return the Node.js that was installed beside them, else the machine's own."""
    own = MODULES / "node/bin/node"
    return str(own) if own.is_file() else shutil.which("node")


def has(package: str) -> bool:
    """Say whether a package is there, and a Node.js that can run it."""
    return node() is not None and (MODULES / package).is_dir()


def run(package: str, *words: object, given: str | None = None) -> str:
    """Run a script that may import a package; return what it printed. Exit status 1 says that something was found."""
    require(f"{package} (npm)", has(package))
    command = [str(node()), *map(str, words)]
    environment = {**os.environ, "NODE_PATH": str(MODULES), "NODE_NO_WARNINGS": "1"}
    ran = subprocess.run(command, input=given, capture_output=True, text=True, env=environment, check=False)
    assert ran.returncode in (0, 1), ran.stderr or ran.stdout
    assert not ran.stderr, ran.stderr
    return ran.stdout
