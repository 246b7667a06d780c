"""Readers that come from elsewhere, and all readers as a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from newsletter.application.opening import clock
from newsletter.errors import NewsletterError
from newsletter.issues import register
from newsletter.site import Site
from subscribers.database import reading, writing
from subscribers.exchange import exporting
from subscribers.exchange.files import PeopleFile, open_file
from subscribers.exchange.importing import Defaults, Importer, Result, pages

#: Called with how many rows have been looked at.
OnRows = Callable[[int], None]


def people_file(site: Site, path: Path, format_name: str | None) -> PeopleFile:
    """Open a file of readers. Raises SubscribersError when it cannot be understood."""
    return open_file(path, format_name, site.settings.privacy.addresses)


def import_people(
    site: Site, file: PeopleFile, *, basis: str, dry_run: bool, on_rows: OnRows
) -> list[Result]:
    """Take in the readers of a file, or say what would become of them; return that, row by row.

    They count as served up to the newest post: what is old came to them where they were before. Nobody is written to.
    Raises SubscribersError where the file cannot be read on; what was taken in until then stays, and is known when
    the file comes again.
    """
    with reading(site.engine) as connection:
        served = register.newest_number(connection)
    importer = Importer(_defaults(site, served), basis=basis, source=f"{file.format.name} {file.path.name}")
    results: list[Result] = []
    for page in pages(file.entries()):
        if dry_run:
            with reading(site.engine) as connection:
                results += importer.foresee(connection, page)
        else:
            with writing(site.engine) as connection:
                results += importer.take(connection, page, clock())
        on_rows(len(page))
    return results


def export_people(site: Site) -> Iterator[str]:
    """Yield a file of all readers, in pieces."""
    with reading(site.engine) as connection:
        yield from exporting.export(connection)


def write_people(site: Site, path: Path) -> None:
    """Write a file of all readers. Raises NewsletterError when it is there already or cannot be written."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            path.chmod(0o600)  # it holds addresses
            file.writelines(export_people(site))
    except FileExistsError as error:
        raise NewsletterError(
            f"{path} is there already.", remedy="Name another file, or move it away."
        ) from error
    except OSError as error:
        raise NewsletterError(f"{path} cannot be written: {error.strerror}.") from error


def _defaults(site: Site, served: int) -> Defaults:
    settings = site.settings
    return Defaults(
        cadence=settings.schedule.default,
        cadences=frozenset(settings.schedule.cadences),
        timezone=settings.newsletter.timezone.key,
        language=settings.newsletter.language,
        served=served,
    )
