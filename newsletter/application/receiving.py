"""Taking one message: what every door does with it."""

from newsletter import migrations
from newsletter.application import logs
from newsletter.application.opening import clock
from newsletter.application.serving.board import Place
from newsletter.errors import NewsletterError
from newsletter.inbound import receiving
from newsletter.inbound.deciding import Decision, decide, understand
from newsletter.inbound.incoming import Incoming
from newsletter.inbound.server import Take
from newsletter.site import Site
from subscribers.database import may_exist, reading
from subscribers.errors import DatabaseUnavailable, SubscribersError


def receive(site: Site, incoming: Incoming) -> Decision:
    """Do what a message asks for; return what that was. Raises DatabaseUnavailable, and then nothing is done."""
    decision = receiving.receive(site, incoming, now=clock())
    what = "mail not taken" if decision.refusal else "mail taken"
    logs.event(what, kind=decision.kind, action=decision.action, reason=decision.reason)
    return decision


def foresee(site: Site, incoming: Incoming) -> Decision:
    """Say what would be done about a message, and do nothing; also where there is no database yet."""
    way = understand(site, incoming)
    if not may_exist(site.engine):
        return decide(None, site, incoming, way)
    try:
        with reading(site.engine) as connection:
            is_there = migrations.state(connection) == "current"
            return decide(connection if is_there else None, site, incoming, way)
    except DatabaseUnavailable:
        return decide(None, site, incoming, way)


def taker(site: Site, place: Place) -> Take:
    """Return what the doors of `serve` do with a message: whatever goes wrong with one, the next is taken."""

    def take(incoming: Incoming) -> Decision | None:
        try:
            decision = receive(site, incoming)
        except (NewsletterError, SubscribersError) as error:
            logs.trouble("mail not taken", reason=str(error).replace("\n", " "))
            return None
        except Exception as error:  # noqa: BLE001 - it is anybody's mail, and whoever gave it to us still has it
            logs.trouble("mail not taken", reason=f"{type(error).__name__}: {error}")
            return None
        place.count(decision.kind)
        return decision

    return take
