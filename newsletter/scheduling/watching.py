"""Watching: notices that the folder of posts has changed, and waits until whoever writes there has finished.

The kernel tells where it can. It cannot tell what another machine writes to a network file system, so such a folder is
looked at now and then; and whatever is not noticed is found by the next tick, which looks through the folder anyway.

A folder that is not there is waited for. It is never read as one whose posts were all deleted.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic, time_ns

import watchfiles

from newsletter.content.reader import ContentFolder, Scan
from newsletter.errors import ContentError

#: Seconds without a change after which what was written counts as whole, and the most that are waited for that.
QUIET, _LONGEST = 2.0, 60.0

#: Seconds between two looks at a folder of which the kernel tells nothing.
_POLL = 5.0

#: Seconds between two looks for a folder that is not there.
_ABSENCE = 5.0

#: File systems that others may write to without our kernel noticing, as /proc names them (proc(5)).
_NETWORK = frozenset(
    ["9p", "afs", "ceph", "cifs", "coda", "drvfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs",
     "glusterfs", "nfs", "nfs4", "prl_fs", "smb2", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs"]
)  # fmt: skip

#: Files that are nobody's posts, and that we write to ourselves.
_OURS = (".db", ".db-wal", ".db-shm", ".db-journal", ".sqlite", ".sqlite3", ".log", ".tmp", "~")


class EmptyFolder(ContentError):
    """There were posts in the folder, and now there is not a single one."""


def settled_scan(
    content: ContentFolder, stop: Event, *, had_posts: bool, quiet: float = QUIET, longest: float = _LONGEST
) -> Scan:
    """Scan a folder until nothing in it has changed for `quiet` seconds, or for `longest` when it never rests.

    A file that is just being written is half a post, and would be sent as such. Raises ContentError when the folder
    cannot be read, and EmptyFolder when nothing is in it although it `had_posts`: a disk that is not mounted looks so.
    """
    deadline = monotonic() + longest
    scan = content.scan()
    # that nothing was new to us is not enough: another process may have read the same half a moment ago, and kept it
    rests = not scan.parsed and scan.newest_ns <= time_ns() - quiet * 1e9
    while not rests and monotonic() < deadline and not stop.wait(quiet):
        # clocks of file servers differ from ours: from the second look on, only looks are compared
        before, scan = scan, content.scan()
        rests = not scan.parsed and (scan.files, scan.newest_ns) == (before.files, before.newest_ns)
    if had_posts and not scan.files:
        raise EmptyFolder(
            "The content folder is empty, and there were posts in it before.",
            remedy="See that its disk is mounted. If you have deleted all posts, there is nothing to do.",
        )
    return scan


def watch(
    folder: Path,
    stop: Event,
    changed: Callable[[], None],
    told: Callable[[str], None] = lambda _trouble: None,
    *,
    polls: bool = False,
    poll: float = _POLL,
    quiet: float = QUIET,
    longest: float = _LONGEST,
    absence: float = _ABSENCE,
) -> None:
    """Call `changed` each time that something in a folder has changed, and nothing more has for `quiet` seconds.

    Works until `stop` is set. `told` hears once what keeps the folder from being watched, and "" when that is over.
    `polls`: look every `poll` seconds, also where the kernel could tell.
    """
    trouble = ""
    while not stop.is_set():
        try:
            polls = polls or is_on_network(folder)
            looks = _looks(folder, stop, quiet, poll if polls else None)
            for _ in _settled(looks, folder, quiet=quiet, longest=longest, anew=bool(trouble)):
                if trouble:
                    trouble = ""
                    told("")
                changed()
        except FileNotFoundError:
            reason = f"{folder} is not there"
        except (OSError, RuntimeError) as error:  # Rust's own errors are of the second kind
            # the kernel has no room for so many watches, or cannot watch this file system: looking always works
            reason = f"{folder} cannot be watched: {error}"
            polls = True
        else:
            continue
        if reason != trouble:
            trouble = reason
            told(reason)
        stop.wait(absence)


def is_on_network(folder: Path) -> bool:
    """Whether a folder, where it is there, lies on a file system that others may write to unnoticed."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
        return kind_of_file_system(str(folder.resolve()), mounts) in _NETWORK
    except OSError:
        return False


def kind_of_file_system(path: str, mounts: str) -> str:
    """Return the type of the file system that a path lies on, by what /proc/PID/mountinfo says; "" if nothing."""
    best, kind = "", ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        # proc(5): blanks, line ends and backslashes stand there in octal
        point = (
            fields[4].encode().decode("unicode_escape").encode("latin-1", "replace").decode(errors="replace")
        )
        holds = path == point or path.startswith(point.rstrip("/") + "/")
        if holds and len(point) >= len(best):  # of two on one point, the later one hides the other
            best, kind = point, after.split(" ")[0]
    return kind


def _looks(folder: Path, stop: Event, quiet: float, poll: float | None) -> Iterator[set[str]]:
    """Yield what has changed, and an empty set when nothing has for a while; with `poll`, by looking so often."""
    silence = quiet if poll is None else max(quiet, 2 * poll)
    for changes in watchfiles.watch(
        folder,
        watch_filter=None,
        stop_event=stop,
        debounce=200,
        rust_timeout=round(silence * 1000),
        yield_on_timeout=True,
        force_polling=poll is not None,
        poll_delay_ms=round((poll or 1) * 1000),
        ignore_permission_denied=True,
    ):
        yield {path for _change, path in changes}


def _settled(
    looks: Iterator[set[str]], folder: Path, *, quiet: float, longest: float, anew: bool
) -> Iterator[None]:
    """Yield whenever changes have come to an end; ends when another folder has taken this one's place.

    With `anew`, or when it has, nobody knows what has happened meanwhile: that counts as a change.
    """
    inode = _inode(folder)
    first = last = monotonic() if anew else None  # of the changes that were not told yet
    for paths in looks:
        now = monotonic()
        if _inode(folder) != inode:
            yield
            return
        if any(_may_be_of_a_post(path, folder) for path in paths):
            first, last = first or now, now
        elif first is not None and last is not None and not paths:
            last = min(last, now - quiet)  # a look that finds nothing says that nothing came for a while
        if first is not None and last is not None and (now - last >= quiet or now - first > longest):
            first = last = None
            yield


def _inode(folder: Path) -> tuple[int, int]:
    facts = folder.stat()
    return facts.st_dev, facts.st_ino


def _may_be_of_a_post(path: str, folder: Path) -> bool:
    """Whether a file may be a post or something that belongs to one: nothing hidden, and no database of ours."""
    inside = Path(os.path.relpath(path, folder)).parts
    return not path.endswith(_OURS) and not any(part.startswith(".") for part in inside)
