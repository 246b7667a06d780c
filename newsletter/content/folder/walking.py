"""Find the files of a content folder: which are there, how long and how old, without opening any of them."""

import errno
import os
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from newsletter.content.folder import complaints
from newsletter.content.folder.generators import Rules
from newsletter.content.post import Problem

#: The author's words for the next issue; never a post.
NOTE_NAME = "_next.md"


@dataclass(slots=True)
class Walk:
    """What was found. Places are relative to the generator's content folder, with forward slashes."""

    #: Place, size in bytes, mtime in nanoseconds.
    files: list[tuple[str, int, int]] = field(default_factory=list)
    data: list[str] = field(default_factory=list)  # files whose fields others inherit
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Folder:
    path: str
    prefix: str  # its place, with a slash at the end unless it is empty
    real: tuple[str, ...]  # where it really is, and where the links led through that it was reached by
    is_linked: bool = False  # whether it was reached by a link

    def file(self, name: str) -> str:
        return f"{self.path}/{name}"


class Walker:
    """One walk through a folder. Symbolic links are followed within the site, and each only once."""

    def __init__(
        self, rules: Rules, *, start: str, prefix: str, boundaries: tuple[str, ...], shown: tuple[str, int]
    ) -> None:
        """`start` is an absolute path without links; `prefix` its place; nothing outside `boundaries` (with a slash
        at their ends) is read.

        `shown` turns a place into the path that the author knows: what to put before it, how much to cut off.
        """
        self._rules = rules
        self._wanted = (*rules.extensions, *rules.foreign, *rules.data_files)
        self._start = start
        self._prefix = prefix
        self._boundaries = boundaries
        self._before, self._cut = shown
        self._walk = Walk()
        self._linked: list[tuple[str, str, int, int]] = []  # real path, place, size, mtime
        self._entered: set[str] = set()

    def run(self) -> Walk:
        stack = [_Folder(self._start, self._prefix, (self._start,))]
        while stack:
            folder = stack.pop()
            try:
                handle = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY)
            except OSError as error:
                self._unreadable(folder.prefix.rstrip("/") or ".", error)
                continue
            try:  # by its handle, so that the kernel need not find the folder again for each file in it
                with os.scandir(handle) as found:
                    stack += self._look(folder, list(found))
            finally:
                os.close(handle)
        self._add_linked()
        return self._walk

    def _look(self, folder: _Folder, entries: list[os.DirEntry[str]]) -> list[_Folder]:
        """Take the files of a folder, and return the folders in it that have to be looked at."""
        names = {entry.name for entry in entries}
        prefix, simple = folder.prefix, not folder.is_linked
        files, takes, extensions = self._walk.files, self._rules.takes, self._rules.extensions
        below: list[_Folder] = []
        for entry in entries:
            name = entry.name
            start = name[0]
            if start == ".":
                continue
            if start != "_" and simple and name.endswith(extensions) and entry.is_file(follow_symlinks=False):
                place = prefix + name  # this is the one case of which there may be many thousands
                if takes(place, name, names):
                    try:
                        facts = entry.stat(follow_symlinks=False)
                        files.append((place, facts.st_size, facts.st_mtime_ns))
                    except OSError as error:
                        self._unreadable(place, error)
            elif entry.is_symlink():
                below += self._follow(entry, folder, names)
            elif entry.is_dir(follow_symlinks=False):
                if self._rules.enters(prefix + name, name, names):
                    below.append(self._below(folder, entry))
            elif name.lower().endswith(self._wanted):
                self._take(entry, folder, names)
        return below

    def _below(self, folder: _Folder, entry: os.DirEntry[str]) -> _Folder:
        real = (f"{folder.real[0]}/{entry.name}", *folder.real[1:])
        return _Folder(folder.file(entry.name), f"{folder.prefix}{entry.name}/", real, folder.is_linked)

    def _take(self, entry: os.DirEntry[str], folder: _Folder, names: Collection[str]) -> None:
        name, rules = entry.name, self._rules
        place = folder.prefix + name
        if name == NOTE_NAME:
            self._walk.notes.append(place)
            return
        if rules.data_files and name.endswith(rules.data_files) and rules.hands_down(place, name):
            self._walk.data.append(place)
        is_post = name.lower().endswith(rules.extensions)
        if not (is_post or name.lower().endswith(rules.foreign)) or not rules.takes(place, name, names):
            return
        try:
            facts = entry.stat()
        except OSError as error:
            self._unreadable(place, error)
            return
        if not stat.S_ISREG(facts.st_mode):
            self._note(complaints.not_a_file, place)
        elif not is_post:
            self._note(complaints.foreign, place)
        elif folder.is_linked or entry.is_symlink():
            self._linked.append(
                (os.path.realpath(folder.file(entry.name)), place, facts.st_size, facts.st_mtime_ns)
            )
        else:
            self._walk.files.append((place, facts.st_size, facts.st_mtime_ns))

    def _follow(self, entry: os.DirEntry[str], folder: _Folder, names: Collection[str]) -> list[_Folder]:
        """Follow a symbolic link if that is safe; return the folder that it leads to, if it does."""
        place = folder.prefix + entry.name
        is_wanted = entry.name.lower().endswith(self._rules.extensions) and self._rules.takes(
            place, entry.name, names
        )
        try:
            is_folder = stat.S_ISDIR(entry.stat().st_mode)
        except OSError as error:
            if error.errno == errno.ELOOP:
                self._note(complaints.link_loop, place)
            elif is_wanted or entry.name == NOTE_NAME:
                self._note(complaints.broken_link, place)
            return []
        if not (
            self._rules.enters(place, entry.name, names)
            if is_folder
            else is_wanted or entry.name == NOTE_NAME
        ):
            return []
        target = os.path.realpath(folder.file(entry.name))
        if not f"{target}/".startswith(self._boundaries):
            self._note(complaints.link_outside, place)
        elif not is_folder:
            self._take(entry, folder, names)
        elif any(f"{real}/".startswith(f"{target}/") for real in folder.real):
            self._note(complaints.link_loop, place)
        elif target not in self._entered and not f"{target}/".startswith(f"{self._start}/"):
            # A folder in the folder is looked at where it is.
            self._entered.add(target)
            return [_Folder(folder.file(entry.name), f"{place}/", (target, *folder.real), is_linked=True)]
        return []

    def _add_linked(self) -> None:
        """Add what links led to, unless it was found at its own place too."""
        if not self._linked:
            return
        own = {f"{self._start}/{place[len(self._prefix) :]}" for place, _, _ in self._walk.files}
        for real, place, size, mtime in sorted(self._linked, key=lambda linked: linked[1]):
            if real not in own:
                own.add(real)
                self._walk.files.append((place, size, mtime))

    def _unreadable(self, place: str, error: OSError) -> None:
        if error.errno != errno.ENOENT:  # else it was removed while we looked
            self._walk.problems.append(complaints.unreadable(self._path(place), error, what="This"))

    def _note(self, complaint: Callable[[str], Problem], place: str) -> None:
        self._walk.problems.append(complaint(self._path(place)))

    def _path(self, place: str) -> str:
        return self._before + place[self._cut :]
