"""Images that our pages give, on both engines."""

from datetime import datetime

from sqlalchemy import Engine, func, select

from newsletter.content.post import InlineImage
from newsletter.issues import serving
from newsletter.issues.tables import served_images
from subscribers.database import reading, writing

IMAGE = serving.served(InlineImage("a", "image/png", "a.png", b"\x89PNG\0"), "https://news.example.com")


def test_an_image_is_kept_once(engine: Engine, now: datetime) -> None:
    """Proves that an image of many issues lies there once, comes back octet by octet, and others are not found."""
    for _ in range(2):
        with writing(engine) as connection:
            serving.keep(connection, [IMAGE, IMAGE], now)
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(served_images)) == 1
        assert serving.find(connection, IMAGE.name) == ("image/png", b"\x89PNG\0")
        assert serving.find(connection, IMAGE.name[:-1]) is None
