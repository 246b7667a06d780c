"""What may be read of a site: no link and no `..` leads out of it."""

from collections.abc import Iterable
from pathlib import Path

from newsletter.content.text.references import PICTURES

_HEAVIEST = 10_000_000  # bytes of a picture; nothing larger travels in a mail


def inside(path: Path, boundaries: Iterable[Path]) -> Path | None:
    """Return the real path of a file below one of these folders, None for anything else."""
    try:
        real = path.resolve(strict=True)
        return real if real.is_file() and any(map(real.is_relative_to, boundaries)) else None
    except (OSError, ValueError, RuntimeError):  # a name with a NUL, one that is too long, a loop of links
        return None


def read_picture(path: Path, boundaries: Iterable[Path]) -> bytes | None:
    """Return the bytes of a picture in the site; None for what is missing, elsewhere or too large for a mail."""
    real = inside(path, boundaries)
    try:
        if real is None or not real.name.lower().endswith(PICTURES) or real.stat().st_size > _HEAVIEST:
            return None
        return real.read_bytes()
    except OSError:
        return None
