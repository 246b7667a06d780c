"""A hundred thousand readers taken in from a file, and given back: seconds, and whether an octet was lost."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmark.measuring import Row, at_most
from tests.sites import make_site

ROWS = 100_000


def measure() -> list[Row]:
    """Import, export, import the export elsewhere, and compare."""
    with TemporaryDirectory() as folder:
        site, other = make_site(Path(folder) / "site"), make_site(Path(folder) / "other")
        file, first, second = (Path(folder) / f"{name}.csv" for name in ("list", "first", "second"))
        head = '"Email Address","First Name","Last Name",OPTIN_TIME,CONFIRM_TIME,CONFIRM_IP,TAGS\n'
        line = 'reader{0}@example.org,Ana,Brito,"2019-03-16 14:40:47","2019-03-16 14:45:00",192.0.2.8,"""tides"""\n'
        file.write_text(head + "".join(line.format(number) for number in range(ROWS)))
        for one in (site, other):
            one.done("database", "upgrade")
        taken = _seconds(lambda: site.done("subscribers", "import", file))
        given = _seconds(lambda: site.done("subscribers", "export", first))
        again = _seconds(lambda: other.done("subscribers", "import", first))
        other.done("subscribers", "export", second)
        lost = int(first.read_bytes() != second.read_bytes())
    return [
        at_most(f"import of {ROWS:,} rows of Mailchimp's", taken, 30, " s"),
        at_most("    export", given, 30, " s"),
        at_most("    import of that export", again, 30, " s"),
        at_most("    octets that differ after there and back (1: some)", lost, 0, ""),
    ]


def _seconds(work: object) -> float:
    assert callable(work)
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin
