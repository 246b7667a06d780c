"""Small pictures for tests, drawn by Pillow."""

from io import BytesIO

from PIL import Image


def drawn(width: int, height: int, kind: str = "PNG", *, mode: str = "RGB", **options: object) -> bytes:
    """Return a picture of this size in a format that Pillow writes: half red, half blue."""
    picture = Image.new(mode, (width, height), "red")
    picture.paste("blue" if mode != "RGBA" else "#0000ff80", (width // 2, 0, width, height))
    buffer = BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """Open a picture."""
    return Image.open(BytesIO(data))
