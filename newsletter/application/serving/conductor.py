"""The conductor: begins the roles, keeps them at work, and ends them in order when told to."""

from collections.abc import Mapping, Sequence
from functools import partial
from threading import Event
from time import monotonic

from newsletter.application import logs
from newsletter.application.opening import make_ready
from newsletter.application.serving import deliver, inbound, schedule, web
from newsletter.application.serving.board import Board
from newsletter.application.serving.patience import Pauses
from newsletter.application.serving.shift import Shift
from newsletter.outbox.messages.letterhead import letterhead_of
from newsletter.outbox.messages.signing import signer_of
from newsletter.site import Site
from subscribers.errors import DatabaseUnavailable

#: Every role, in the order in which they are begun, and ended.
ROLES = ("web", "inbound", "schedule", "deliver")

#: Seconds between two looks at the board.
_GLANCE = 1.0

#: Seconds until all must have ended; a service manager waits for ten, and then kills.
_GRACE = 9.0

#: Seconds of them that the roles have which bring us work. Then what delivers ends as well.
_FIRST_TO_END = 3.0


def serve(site: Site, roles: Sequence[str], stop: Event, *, verbose: bool = False) -> None:
    """Do what the roles are for until `stop` is set, in threads of this process.

    Raises NewsletterError for settings that no waiting would mend, and DatabaseUnavailable for such a database.
    """
    check(site)
    logs.hear_libraries()
    logs.event("serving", roles=",".join(roles))
    if await_database(site, stop):
        board = Board(site, roles)
        crew = begin(site, board, verbose=verbose)
        attend(board, stop)
        cleanly = end(crew)
        board.close()
    else:
        cleanly = True
    logs.event("stopped", cleanly=cleanly)


def check(site: Site) -> None:
    """See that mail can be made at all with these settings. Raises SettingsError."""
    letterhead_of(site.settings)
    signer_of(site.settings)


def await_database(site: Site, stop: Event) -> bool:
    """Wait until the database is there and of this version, made if there is none; False: told to stop meanwhile.

    Raises DatabaseUnavailable where waiting would not help.
    """
    pauses, is_lost = Pauses(longest=30.0), False
    while not stop.is_set():
        try:
            make_ready(site)
        except DatabaseUnavailable as error:
            if not error.passing:
                raise
            if not is_lost:
                logs.trouble("database unavailable", reason=str(error))
            is_lost = True
            stop.wait(pauses.lengthen())
        else:
            if is_lost:
                logs.event("back", after="database unavailable")
            return True
    return False


def begin(site: Site, board: Board, *, verbose: bool) -> Mapping[str, Shift]:
    """Begin every role that the board has a place for."""
    works = {
        "web": partial(web.work, site, board),
        "inbound": partial(inbound.work, site),
        "schedule": partial(schedule.work, site),
        "deliver": partial(deliver.work, site, verbose=verbose),
    }
    crew = {
        role: Shift(site, board.places[role], board.host, works[role])
        for role in ROLES
        if role in board.places
    }
    for shift in crew.values():
        shift.begin()
    return crew


def attend(board: Board, stop: Event) -> None:
    """Keep the board until told to stop."""
    board.keep()
    while not stop.wait(_GLANCE):
        board.keep()


def end(crew: Mapping[str, Shift]) -> bool:
    """End the roles: first what brings us work, then what does it. Return whether all have ended by themselves.

    Whoever does not end in time is left behind; what it had in hand is in the database, for whoever comes next.
    """
    began = monotonic()
    sources = [shift for role, shift in crew.items() if role != "deliver"]
    for shift in sources:
        shift.stop()
    for shift in sources:
        shift.wait(began + _FIRST_TO_END - monotonic())
    for shift in crew.values():
        shift.stop()
    return all(shift.wait(began + _GRACE - monotonic()) for shift in crew.values())
