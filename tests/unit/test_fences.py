"""What only one room may touch: each of these stands behind a fence, so that it can be replaced or moved."""

import ast
from pathlib import Path

import pytest

#: What is fenced, and where it may be used.
FENCES = {
    "socket.create_connection": {"newsletter/transport/wire.py"},
    "ssl.create_default_context": {"newsletter/transport/connection.py", "newsletter/inbound/imap.py"},
    "aiosmtpd": {"newsletter/demo/mailbox.py", "newsletter/inbound/server.py"},
    "imap_tools": {"newsletter/inbound/imap.py"},
    "premailer": {"newsletter/issues/rendering.py"},
    "apscheduler": {"newsletter/scheduling/scheduler.py"},
    "fastapi": {"newsletter/web", "newsletter/application/serving/web.py"},
    "uvicorn": {"newsletter/application/serving/web.py", "newsletter/application/previewing.py"},
    "starlette": {"newsletter/web"},
    "limits": {"newsletter/web/limits.py"},
    "babel": {"newsletter/languages"},
    "typer": {"newsletter/cli"},
    "rich": {"newsletter/cli"},
    "alembic": {"newsletter/migrations"},
    "structlog": {"newsletter/application/logs.py"},
    "cryptography": {"newsletter/outbox/messages/privatekeys.py"},
    "itsdangerous": {"subscribers/tokens.py"},
    "os.environ": {"newsletter/settings/reading.py"},
    "datetime.now": {"newsletter/application/opening.py"},
}

SOURCES = [path for room in ("newsletter", "subscribers") for path in Path(room).rglob("*.py")]


def used(path: Path) -> set[str]:
    """Return what a file imports at the top level of names, and the dotted names that it uses."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
        elif isinstance(node, ast.Attribute):
            names.add(ast.unparse(node))
    return names


@pytest.mark.parametrize("fenced", FENCES)
def test_a_fence_holds(fenced):
    """Nothing outside the fence uses what is inside, and something inside does."""
    users = {path.as_posix() for path in SOURCES if fenced in used(path)}
    outside = {user for user in users if not any(user.startswith(place) for place in FENCES[fenced])}
    assert users
    assert outside == set()


def test_no_drawers():
    """A module is called by what it holds."""
    drawers = {"utils", "util", "helpers", "common", "misc", "core", "manager", "managers", "service"}
    assert not drawers & {path.stem for path in SOURCES}
