"""Watching the folder of posts: what is being written settles first, and a folder that is away is waited for."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import sleep, time
from zoneinfo import ZoneInfo

import pytest

from newsletter.content.reader import ContentFolder
from newsletter.errors import ContentError
from newsletter.scheduling import watching
from tests.processes import wait_until

QUIET = 0.3

POST = "---\ntitle: A post\ndate: 2026-01-05\n---\n\nIts text.\n"


class Watched:
    """A folder that is watched: how often it was said to have changed, and what was in the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: list[str] = []  # what stood in the post at each change
        self.troubles: list[str] = []

    def changed(self) -> None:
        post = self.folder / "post.md"
        self.found.append(post.read_text() if post.exists() else "")


@contextmanager
def watched(folder: Path, **how: bool) -> Iterator[Watched]:
    """Watch a folder until the block ends."""
    seen, stop = Watched(folder), Event()
    times = {"quiet": QUIET, "absence": 0.05, "poll": 0.1, **how}
    thread = Thread(
        target=watching.watch, args=(folder, stop, seen.changed, seen.troubles.append), kwargs=times
    )
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def begin(seen: Watched) -> None:
    """Wait until the folder is watched."""
    while not seen.found:
        (seen.folder / "first.md").write_text(POST)
        sleep(2 * QUIET)
    sleep(2 * QUIET)
    seen.found.clear()


def test_a_post_that_is_being_written_settles_first(tmp_path: Path) -> None:
    """Written piece by piece, it is told of once, when it is whole."""
    with watched(tmp_path) as seen:
        begin(seen)
        with (tmp_path / "post.md").open("w") as file:
            for letter in POST[:12]:
                file.write(letter)
                file.flush()
                sleep(QUIET / 6)
        wait_until(lambda: seen.found)
        assert seen.found[-1] == POST[:12]
        assert len(seen.found) < 6, "not told of each piece, even by a machine that is busy"


def test_what_is_nobodys_post(tmp_path: Path) -> None:
    """Our own database and whatever is hidden wake nobody, and do not keep what is being written from settling."""
    with watched(tmp_path) as seen:
        begin(seen)
        (tmp_path / "post.md").write_text(POST)
        (tmp_path / ".hidden").mkdir()
        for number in range(20):
            (tmp_path / "newsletter.db-wal").write_text(str(number))
            (tmp_path / ".hidden" / "post.md").write_text(str(number))
            sleep(QUIET / 4)
        assert set(seen.found) == {POST}
        assert len(seen.found) < 6


def test_a_folder_that_goes_and_comes_back(tmp_path: Path) -> None:
    """It is said once that it is away and once that it is back, and what is in it then counts as changed."""
    folder = tmp_path / "posts"
    with watched(folder) as seen:
        wait_until(lambda: seen.troubles)
        sleep(0.2)
        assert seen.troubles == [f"{folder} is not there"]
        folder.mkdir()
        (folder / "post.md").write_text(POST)
        wait_until(lambda: seen.troubles[-1] == "")
        wait_until(lambda: seen.found)
        assert set(seen.found) == {POST}
        shutil.rmtree(folder)
        wait_until(lambda: len(seen.troubles) == 3)
        folder.mkdir()
        (folder / "post.md").write_text(POST * 2)
        wait_until(lambda: seen.found[-1] == POST * 2)


def test_another_folder_in_its_place(tmp_path: Path) -> None:
    """A disk that is mounted over the folder is another folder: it is looked at, and watched from then on."""
    folder, other = tmp_path / "posts", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "post.md").write_text(POST)
    with watched(folder) as seen:
        begin(seen)
        folder.rename(tmp_path / "away")
        other.rename(folder)
        wait_until(lambda: seen.found)
        assert seen.found[0] == POST
        begin(seen)


def test_a_folder_of_which_the_kernel_tells_nothing(tmp_path: Path) -> None:
    """On a network file system it is looked at now and then, and that finds the same."""
    with watched(tmp_path, polls=True) as seen:
        begin(seen)
        (tmp_path / "post.md").write_text(POST)
        wait_until(lambda: POST in seen.found)


def content(folder: Path) -> ContentFolder:
    """Open a folder of posts."""
    return ContentFolder(folder, timezone=ZoneInfo("UTC"))


def test_a_scan_waits_for_what_is_being_written(tmp_path: Path) -> None:
    """As long as a second look finds something else than the first, the scan is not over."""
    post = tmp_path / "post.md"
    post.write_text(POST)
    looks = ["half", "three quarters", "whole"]
    pauses = Pauses(*[lambda words=words: post.write_text(POST.replace("A post", words)) for words in looks])
    scan = watching.settled_scan(content(tmp_path), pauses, had_posts=True)
    assert [found.title for found in scan.posts] == ["whole"]


class Pauses(Event):
    """Between two looks, something happens; then nothing more."""

    def __init__(self, *happenings: Callable[[], object]) -> None:
        super().__init__()
        self.left = list(happenings)
        self.count = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.count += 1
        if self.left:
            self.left.pop(0)()
        return False


def test_another_process_has_read_the_half(tmp_path: Path) -> None:
    """Two share what they keep of a scan: what the other has just read is no less half for that."""
    folder, cache = tmp_path / "posts", tmp_path / "cache"
    folder.mkdir()
    post = folder / "post.md"
    ours, theirs = (ContentFolder(folder, timezone=ZoneInfo("UTC"), cache=cache) for _ in range(2))

    def write(words: str) -> None:
        post.write_text(POST.replace("A post", words))
        theirs.scan()

    write("half")
    pauses = Pauses(lambda: write("three quarters"), lambda: write("whole"))
    scan = watching.settled_scan(ours, pauses, had_posts=True)
    assert [found.title for found in scan.posts] == ["whole"]


def test_a_folder_at_rest_is_not_waited_for(tmp_path: Path) -> None:
    """A file that changed long ago is whole; one from the future, by another clock than ours, costs one more look."""
    folder = content(tmp_path)
    post = tmp_path / "post.md"
    post.write_text(POST)
    for moment, expected in ((time() - 60, 0), (time() + 3600, 1)):
        os.utime(post, (moment, moment))
        folder.scan()
        pauses = Pauses()
        watching.settled_scan(folder, pauses, had_posts=True)
        assert pauses.count == expected


def test_a_folder_that_never_rests(tmp_path: Path) -> None:
    """After a while it is taken as it is: somebody who always writes must not keep everybody else's posts back."""
    (tmp_path / "post.md").write_text(POST)
    scan = watching.settled_scan(content(tmp_path), Event(), had_posts=True, longest=0)
    assert len(scan.posts) == 1


def test_an_empty_folder_is_no_deletion(tmp_path: Path) -> None:
    """Where there were posts, nothing at all is a disk that is not mounted; a new site's empty folder is fine."""
    folder = content(tmp_path)
    assert watching.settled_scan(folder, Event(), had_posts=False).posts == ()
    with pytest.raises(watching.EmptyFolder, match="mounted"):
        watching.settled_scan(folder, Event(), had_posts=True)
    tmp_path.rmdir()
    with pytest.raises(ContentError):
        watching.settled_scan(folder, Event(), had_posts=True)


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv rw - nfs4 server:/export rw
31 30 0:41 / /srv/my\\040posts rw master:2 - fuse.sshfs me@host: rw
32 30 8:2 / /srv/local rw - xfs /dev/sdb1 rw
33 32 0:44 / /srv/local rw - cifs //host/share rw
broken line
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/posts", "ext4"),
        ("/srv/blog/posts", "nfs4"),
        ("/srv", "nfs4"),
        ("/srv/my posts/2026", "fuse.sshfs"),
        ("/srvother", "ext4"),
        ("/srv/local/posts", "cifs"),
    ],
)
def test_what_a_folder_lies_on(path: str, kind: str) -> None:
    """The innermost mount decides, and of two on one point the later one."""
    assert watching.kind_of_file_system(path, MOUNTS) == kind


def test_this_machine() -> None:
    """Whatever it is, it is found."""
    assert watching.kind_of_file_system("/proc", Path("/proc/self/mountinfo").read_text()) == "proc"
    assert not watching.is_on_network(Path("/proc"))
