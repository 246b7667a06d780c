"""Outages: what a database driver reports, in words for the author. Pure."""

import sqlite3
from collections.abc import Mapping

from sqlalchemy import URL

from subscribers.errors import DatabaseUnavailable

_CHECK = "Compare it with this version with `newsletter database check`."
_NOT_OURS = "Restore a backup, or name another file in the settings."
_WRITABLE = "Check that the folder exists, and that this user may write to it and to the file."

#: SQLite's primary result codes (sqlite.org/rescode.html): what is wrong, and what to do.
_SQLITE: Mapping[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("the disk is full", "Make room and do it again; nothing is half written."),
    sqlite3.SQLITE_IOERR: (
        "the disk refuses to be read or written",
        "Look for a full disk, a quota, a file size limit or a broken disk; nothing is half written.",
    ),
    sqlite3.SQLITE_CANTOPEN: ("it cannot be opened or made", _WRITABLE),
    sqlite3.SQLITE_READONLY: ("it may not be written", _WRITABLE),
    sqlite3.SQLITE_PERM: ("it may not be opened", _WRITABLE),
    sqlite3.SQLITE_NOTADB: ("the file is not a database", _NOT_OURS),
    sqlite3.SQLITE_CORRUPT: ("the file is damaged", _NOT_OURS),
    sqlite3.SQLITE_BUSY: (
        "another process keeps it locked",
        "Find the process that is stuck, and do it again.",
    ),
}

#: PostgreSQL's SQLSTATEs (appendix A of its manual), or their first two characters.
_POSTGRESQL: Mapping[str, tuple[str, str]] = {
    "28": (
        "it does not let us in",
        "Check user and password in the settings, and pg_hba.conf on the server.",
    ),
    "3D": ("it is not there", "Make it with createdb, or name another in the settings."),
    "40": ("another process was in the way", "Do it again; nothing is half written."),
    "42P01": ("a table is missing", _CHECK),
    "42703": ("a column is missing", _CHECK),
    "42501": ("this user may not do that", "Make the user the owner of the database."),
    "53100": ("the server's disk is full", "Make room there and do it again; nothing is half written."),
    "53300": ("it has no connection left for us", "Raise max_connections, or run fewer processes."),
    "53": ("the server is short of memory or disk", "Look into its log."),
    "57P": ("the server is stopping or starting", "Do it again when it runs; nothing is half written."),
    "58": ("the server has trouble with its own files", "Look into its log."),
    "25P03": ("it ended our session, which had stood still", "Do it again; nothing is half written."),
    "25006": ("it may not be written", "Is this a standby server? Name the primary one in the settings."),
}

_UNREACHABLE = (
    "the server cannot be reached, or hung up",
    "Check that it runs, and its address, user and password in the settings.",
)


#: What ends by itself: a server that is started again, another process that is done.
_PASSING = (
    _UNREACHABLE,
    _SQLITE[sqlite3.SQLITE_BUSY],
    *(_POSTGRESQL[state] for state in ("40", "53300", "57P")),
)


def explain(url: URL, error: BaseException) -> DatabaseUnavailable | None:
    """Return what a driver's error means for the author, or None when it is a fault of our own.

    No password stands in it.
    """
    words = _of_sqlite(error) if url.get_backend_name() == "sqlite" else _of_postgresql(error)
    if words is None:
        return None
    what, remedy = words
    detail = " ".join(str(error).split())
    return DatabaseUnavailable(
        _without_secrets(f"The database {_place(url)}: {what} ({detail}).", url),
        remedy=remedy,
        passing=words in _PASSING,
    )


def _of_sqlite(error: BaseException) -> tuple[str, str] | None:
    if str(error).startswith(("no such table", "no such column")):
        return "a table or column is missing", _CHECK
    # the low byte of an extended result code is the primary one
    return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)


def _of_postgresql(error: BaseException) -> tuple[str, str] | None:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        prefixes = (state[:length] for length in (5, 3, 2))
        return next((_POSTGRESQL[prefix] for prefix in prefixes if prefix in _POSTGRESQL), None)
    # without a SQLSTATE it is the client library that speaks: no connection, or no longer one, or none in time
    kinds = (kind.__name__ for kind in type(error).__mro__)
    return _UNREACHABLE if "OperationalError" in kinds else None


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "localhost"
    return f"{url.database or url.username or 'postgres'} at {host}"


def _without_secrets(text: str, url: URL) -> str:
    for secret in (url.password, url.query.get("password"), url.query.get("sslpassword")):
        if isinstance(secret, str) and secret:
            text = text.replace(secret, "***")
    return text
