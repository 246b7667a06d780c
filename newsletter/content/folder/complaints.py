"""What is said of a file that cannot become a post as it is. `path` is the one that the author knows."""

from newsletter.content.post import Problem

_LET_READ = "Let the user who runs newsletter read it."


def unreadable(path: str, error: OSError, *, what: str = "This file") -> Problem:
    """Say that a file or a folder cannot be opened."""
    return Problem(path, None, "unreadable", f"{what} cannot be read: {error.strerror}.", _LET_READ, "error")


def too_large(path: str, size: int, limit: int) -> Problem:
    """Say that a file of `size` bytes was not opened."""
    message = f"This file has {size / 1e6:.0f} MB, more than {limit / 1e6:.0f} MB, and was not read."
    remedy = "Keep large data in a file of its own, and link to it."
    return Problem(path, None, "too-large", message, remedy, "error")


def foreign(path: str) -> Problem:
    """Say that a post is in a format that we cannot read."""
    message = f"Posts in .{path.rpartition('.')[2]} files cannot be read."
    return Problem(path, None, "format", message, "Write the post in Markdown.", "error")


def misnamed(path: str) -> Problem:
    """Say that the name of a file is not UTF-8; Python keeps its bytes as halves of surrogate pairs."""
    shown = path.encode(errors="surrogateescape").decode(errors="replace")
    return Problem(
        shown, None, "file-name", "The name of this file is not UTF-8.", "Rename the file.", "error"
    )


def not_a_file(path: str) -> Problem:
    """Say that something with the name of a post is a pipe, a socket or a device."""
    return Problem(path, None, "not-a-file", "This is no file.", "Move it elsewhere.")


def broken_link(path: str) -> Problem:
    """Say that a symbolic link leads to nothing."""
    return Problem(path, None, "broken-link", "This link leads nowhere.", "Correct the link, or remove it.")


def link_loop(path: str) -> Problem:
    """Say that a symbolic link never comes to an end."""
    message = "This link leads back to itself, or to a folder that it stands in."
    return Problem(path, None, "link-loop", message, "Remove the link.")


def link_outside(path: str) -> Problem:
    """Say that a symbolic link leads to where nothing is read."""
    message = "This link leads out of the site, and is not followed."
    remedy = "Copy what it leads to into the folder."
    return Problem(path, None, "link-outside", message, remedy, "error")
