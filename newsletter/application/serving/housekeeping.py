"""Housekeeping: what is out of date is cleared away, at the start and then once a day."""

from threading import Event

from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.application.serving.patience import Pauses
from newsletter.outbox import forgetting, retention, to_author
from newsletter.site import Site
from subscribers import bounces, privacy
from subscribers.database import writing
from subscribers.errors import DatabaseUnavailable

#: Seconds between two rounds.
_A_DAY = 86_400.0


def keep(site: Site, stop: Event) -> None:
    """Keep house until told to stop. Several processes may: what one has cleared away, another does not find."""
    pauses = Pauses(longest=3600.0)
    while not stop.is_set():
        try:
            clear_away(site)
        except DatabaseUnavailable:
            stop.wait(pauses.lengthen())  # the scheduler says so
        except Exception as error:  # noqa: BLE001 - rubbish may wait; nothing else should
            pause = pauses.lengthen()
            logs.trouble("housekeeping failed", reason=f"{type(error).__name__}: {error}", again_in=pause)
            stop.wait(pause)
        else:
            pauses.begin_anew()
            stop.wait(_A_DAY)


def clear_away(site: Site) -> None:
    """Clear away what nobody needs any more."""
    now = clock()
    with writing(site.engine) as connection:
        letters = to_author.clear_away(connection, now)
        unconfirmed = privacy.expire(connection, now)
        reports = bounces.clear_away(connection, now)
        forgetting.drop_words(connection)
    keep = site.settings.privacy.keep_deliveries
    deliveries = 0 if keep is None else retention.clear_away(site.engine, now - keep)
    logs.event("house kept", letters=letters, unconfirmed=unconfirmed, bounces=reports, deliveries=deliveries)
