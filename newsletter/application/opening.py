"""Opening a site, and beginning a new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from zoneinfo import ZoneInfo

from newsletter import migrations
from newsletter.content.folder.generators import detect
from newsletter.errors import NewsletterError
from newsletter.issues import register
from newsletter.issues.templating import Templates
from newsletter.settings import FILE_NAME, read_settings
from newsletter.site import Site
from subscribers import keys
from subscribers.database import open_engine, reading, writing
from subscribers.errors import DatabaseUnavailable

_STARTER = Path(__file__).with_name("starter")


def clock() -> datetime:
    """Return the present moment; nothing else asks for it."""
    return datetime.now(UTC)


def find_site(directory: Path | None) -> Path:
    """Return the site's directory: the one named, else that of the nearest newsletter.toml upwards."""
    if directory is not None:
        return directory.resolve()
    here = Path.cwd()
    for candidate in (here, *here.parents):
        if (candidate / FILE_NAME).is_file():
            return candidate
    raise NewsletterError(
        f"There is no {FILE_NAME} in {here} or above it.",
        remedy="Make a site with `newsletter init DIR`, or name one with --site DIR.",
    )


@contextmanager
def opened(directory: Path | None) -> Iterator[Site]:
    """Open a site with its database; a database that is not there yet is made, with the baseline in it."""
    with opened_without_database(directory) as site:
        make_ready(site)
        yield site


def make_ready(site: Site) -> None:
    """See that the database is there and of this version; one that is not there yet is made, with the baseline in it.

    Raises DatabaseUnavailable.
    """
    with reading(site.engine) as connection:
        state = migrations.state(connection)
    if state == "empty":
        establish(site, include_existing=False)
    elif state != "current":
        raise DatabaseUnavailable(
            "The database was made by another version of newsletter.",
            remedy="Bring it up to date with `newsletter database upgrade`.",
        )


@contextmanager
def opened_without_database(directory: Path | None) -> Iterator[Site]:
    """Open a site and leave its database as it is."""
    settings = read_settings(find_site(directory))
    engine = open_engine(settings.database_url)
    try:
        yield Site(settings, engine, Templates(settings.directory / "templates"))
    finally:
        engine.dispose()


def establish(site: Site, *, include_existing: bool) -> int:
    """Make the database; the posts that are there count as seen, unless they are included. Return their number.

    Tables, keys and baseline come into being together: a crash in between must not leave a newsletter
    that takes ten years of posts for new.
    """
    now = clock()
    posts = site.content.scan().posts
    with writing(site.engine) as connection:
        migrations.take_turn(connection)
        if migrations.state(connection) != "empty":
            return 0
        migrations.upgrade(connection)
        keys.create(connection, now)
        if include_existing:
            return 0
        numbering = register.number_posts([], posts, now)
        register.enter(connection, numbering, now, baseline=True)
        return len(numbering.new)


@dataclass(frozen=True, slots=True)
class Begun:
    """A site that was just made."""

    directory: Path
    settings_file: Path
    folder: Path
    generator: str
    posts: int
    baseline: int


def begin_site(directory: Path, *, include_existing: bool, settings: str | None = None) -> Begun:
    """Make a site in a directory: settings (the starter's, or these), a first post where there are none, the database.

    Raises NewsletterError when a site is there already. What was made is taken back when anything fails.
    """
    directory = directory.resolve()
    settings_file = directory / FILE_NAME
    if settings_file.exists():
        raise NewsletterError(f"{settings_file} is there already; nothing was changed.")
    places = (directory, *(directory / name for name in ("posts", FILE_NAME, "newsletter.db", ".newsletter")))
    made = [path for path in places if not path.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        folder = _write_starter(directory, settings)
        with opened_without_database(directory) as site:
            baseline = establish(site, include_existing=include_existing)
            scan = site.content.scan()
    except BaseException as error:
        for path in made:
            rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise NewsletterError(f"The site could not be made in {directory}: {error}.") from error
        raise
    return Begun(directory, settings_file, folder, scan.generator, len(scan.posts), baseline)


def _write_starter(directory: Path, settings: str | None) -> Path:
    posts = directory / "posts"
    generator = "plain"
    if any(directory.iterdir()):  # a new folder inside a Hugo site is no Hugo site
        generator = detect(directory, url=None, timezone=ZoneInfo("UTC"), language="en").name
    if generator == "plain" and not posts.exists():
        posts.mkdir()
        (posts / "hello.md").write_text(
            (_STARTER / "hello.md").read_text(encoding="utf-8").replace("DATE", f"{clock():%Y-%m-%d}"),
            encoding="utf-8",
        )
    folder = "posts" if generator == "plain" and posts.is_dir() else "."
    text = settings or (_STARTER / FILE_NAME).read_text(encoding="utf-8")
    title = directory.name.replace("-", " ").replace("_", " ").title() or "My newsletter"
    title = title.replace("\\", "").replace('"', "")
    text = text.replace("TITLE", title).replace("FOLDER", folder)
    (directory / FILE_NAME).write_text(text, encoding="utf-8")
    return directory / folder
