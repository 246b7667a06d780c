"""Metrics for Prometheus: the figures and the duties, by its naming rules, as text.

What a process has done since it began is a counter with the process as a label; sums and rates are for Prometheus.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from newsletter.outbox.duties import Duty
from newsletter.web.figures import Figures

#: States of a role in which it does its work.
_AT_WORK = ("working",)


def metrics(figures: Figures, duties: Sequence[Duty], now: datetime) -> bytes:
    """Write everything down for a scrape."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected([*_of_figures(figures), *_of_duties(duties, now)]))
    return generate_latest(registry)


class _Collected(Collector):
    """Metrics that were collected before anybody asked."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterator[Metric]:
        """Yield them."""
        yield from self._families


def _of_figures(figures: Figures) -> Iterator[Metric]:
    yield _gauge("queue", "Deliveries that are not at their end.", "status", figures.queue)
    yield _gauge("subscribers", "Readers by the status of their subscription.", "status", figures.readers)
    yield _gauge("issues", "Issues by state.", "state", figures.issues)
    yield _gauge("letters", "Mail to the author of the last days.", "status", figures.letters)
    last = "When an issue of the cadence was last due and made, or skipped; seconds since 1970."
    yield _gauge("cadence_last_run_timestamp_seconds", last, "cadence", _seconds(figures.last_run))
    coming = "When the next issue of the cadence is due; seconds since 1970."
    yield _gauge("cadence_next_due_timestamp_seconds", coming, "cadence", _seconds(figures.next_due))
    yield _plain("figures_timestamp_seconds", "When the above was counted.", figures.read_at.timestamp())


def _of_duties(duties: Sequence[Duty], now: datetime) -> Iterator[Metric]:
    labels = ("role", "host", "process")
    up = GaugeMetricFamily("newsletter_role_up", "Whether a role of `serve` does its work.", labels=labels)
    age = GaugeMetricFamily("newsletter_role_state_seconds", "For how long it has been so.", labels=labels)
    relay = GaugeMetricFamily("newsletter_relay_up", "Whether the relay takes our mail.", labels=labels[1:])
    rate = GaugeMetricFamily(
        "newsletter_deliveries_per_second", "Messages handed over, of late.", labels=labels[1:]
    )
    done = CounterMetricFamily(
        "newsletter_done", "What a role has done since it began, by kind.", labels=(*labels, "what")
    )
    for duty in duties:
        place = (duty.role, duty.host, _short(duty.process))
        up.add_metric(place, float(duty.state in _AT_WORK))
        age.add_metric(place, max(0.0, (now - duty.since).total_seconds()))
        for what, number in duty.counts.items():
            if what != "rate":
                done.add_metric((*place, what), number)
        if duty.role == "deliver":
            relay.add_metric(place[1:], float(duty.state in _AT_WORK))
            rate.add_metric(place[1:], duty.counts.get("rate", 0.0))
    yield from (up, age, relay, rate, done)


def _gauge(name: str, doc: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"newsletter_{name}", doc, labels=(label,))
    for which, value in values.items():
        family.add_metric((which,), value)
    return family


def _plain(name: str, doc: str, value: float) -> Metric:
    return GaugeMetricFamily(f"newsletter_{name}", doc, value=value)


def _seconds(moments: Mapping[str, datetime]) -> dict[str, float]:
    return {name: moment.timestamp() for name, moment in moments.items()}


def _short(process: str) -> str:
    """Return what tells processes apart: the last part of their names, which is random."""
    return process.rpartition(":")[2]
