"""What monitoring reads: taken from the database at the moment of asking, by whichever process.

Counters of a process would be wrong here: the web server has several, and every job has its own.
Each figure is one query that reads what is open, or sums that are kept; none reads history.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, Q
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from accounts.models import Leaver, MachineToken
from audit.models import Entry, Inspection, Unsealed
from fleet import figures as fleet
from fleet.models import StrayKind
from onboarding.figures.models import Tally
from onboarding.figures.tallies import BOUNDS, ENDLESS
from onboarding.models import Order, RunState, StepRun
from onboarding.running.waiting import waiting
from portal.clock import now
from tenants import reviews
from tenants.models import Service

ENDS = (*(f"{bound:g}" for bound in BOUNDS), ENDLESS)


def registry() -> CollectorRegistry:
    """Return what the library writes out; made anew for every answer, as it keeps nothing."""
    made = CollectorRegistry()
    made.register(Figures())
    return made


class Figures(Collector):
    """Everything, in the library's families."""

    def collect(self) -> Iterable[Metric]:
        yield _number("berth", "1, with the version as a label.", 1, version=settings.BERTH_VERSION)
        yield from _orders()
        yield from _due()
        yield from _queue()
        yield from _lengths()
        yield from _clusters()
        yield from _ledger()
        yield from _findings()
        yield from _people()

    def describe(self) -> Iterable[Metric]:
        """Name nothing ahead: registering would otherwise collect once for nothing."""
        return ()


def _orders() -> Iterator[Metric]:
    stuck = StepRun.objects.exclude(state=RunState.OVER).filter(
        order=OuterRef("pk"), state=RunState.STUCK
    )
    rows = (
        Order.objects.filter(ended_as="")
        .annotate(is_stuck=Exists(stuck), is_held=Q(lease_until__gt=now()))
        .values_list("kind", "direction", "is_stuck", "is_held")
        .annotate(Count("pk"))
        .order_by()
    )
    found: dict[tuple[str, str, str], int] = defaultdict(int)
    for kind, direction, is_stuck, is_held, count in rows:
        state = "stuck" if is_stuck else "moving" if is_held else "waiting"
        found[kind, direction, state] += count
    orders = GaugeMetricFamily(
        "berth_orders",
        "Orders that are not over, by what holds them: a worker, time or people, or a failure.",
        labels=("kind", "direction", "state"),
    )
    for labels, count in sorted(found.items()):
        orders.add_metric(labels, count)
    yield orders
    yield _steps()


def _steps() -> Metric:
    steps = GaugeMetricFamily(
        "berth_steps",
        "Steps that orders stand at: begun and not over.",
        labels=("kind", "step", "state"),
    )
    # the end of an order closes its runs; said again, so that closed orders need not be looked at
    begun = StepRun.objects.exclude(state=RunState.OVER).filter(order__ended_as="")
    rows = begun.values_list("order__kind", "step", "state")
    for kind, step, state, count in rows.annotate(Count("pk")).order_by():
        steps.add_metric((kind, step, state), count)
    return steps


def _due() -> Iterator[Metric]:
    moment = now()
    free = Q(lease_until=None) | Q(lease_until__lte=moment)
    due = Order.objects.filter(free, ended_as="", next_try_at__lte=moment)
    found = due.order_by().aggregate(count=Count("pk"), oldest=Min("next_try_at"))
    yield _number(
        "berth_orders_due", "Orders whose time has come and whom no worker holds.", found["count"]
    )
    yield _number(
        "berth_orders_due_oldest_seconds",
        "How long the first of them has been due: workers are too few, or not there.",
        _since(found["oldest"], moment),
    )


def _queue() -> Iterator[Metric]:
    found = waiting()
    yield _number("berth_queue_up", "1 if the queue answers. Losing it loses nothing.", bool(found))
    if found is None:
        return
    yield _number("berth_queue_rings", "Rings that wait for a worker.", found.rings)
    age = _since(found.since, now())
    yield _number("berth_queue_oldest_seconds", "How long the first of them has waited.", age)
    yield _number("berth_workers", "Workers that the queue knows.", found.workers)


def _lengths() -> Iterator[Metric]:
    orders = HistogramMetricFamily(
        "berth_order_seconds",
        "From submit until live, or until the end of an order that did not go live.",
        labels=("kind", "ended_as"),
    )
    steps = HistogramMetricFamily(
        "berth_step_seconds",
        "From the first try of a step to its outcome, waiting included.",
        labels=("kind", "step", "direction", "outcome"),
    )
    failures = CounterMetricFamily(
        "berth_step_failures",
        "Runs of steps that ended in an error.",
        labels=("kind", "step", "code"),
    )
    rows = list(Tally.objects.all())
    _fill(orders, [(row, (row.kind, row.outcome)) for row in rows if not row.step])
    labels = ("kind", "step", "direction", "outcome")
    told = [(row, tuple(getattr(row, each) for each in labels)) for row in rows if row.step]
    _fill(steps, told)
    codes: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows:
        if row.code:
            codes[row.kind, row.step, row.code] += row.count
    for key, count in sorted(codes.items()):
        failures.add_metric(key, count)
    yield from (orders, steps, failures)


def _fill(family: HistogramMetricFamily, rows: Iterable[tuple[Tally, tuple[str, ...]]]) -> None:
    """Add the buckets up as the format wants them: each holds all that were shorter."""
    counts: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(ENDS, 0))
    seconds: dict[tuple[str, ...], float] = defaultdict(float)
    for row, labels in rows:
        # a bound of another version counts as the next one that is known
        end = row.up_to if row.up_to in ENDS else ENDLESS
        counts[labels][end] += row.count
        seconds[labels] += row.seconds
    for labels, by_end in sorted(counts.items()):
        total, buckets = 0, []
        for end in ENDS:
            total += by_end[end]
            buckets.append((end, total))
        family.add_metric(labels, buckets, seconds[labels])


def _clusters() -> Iterator[Metric]:
    found = fleet.standings()
    words: dict[str, int] = defaultdict(int)
    heard = GaugeMetricFamily(
        "berth_cluster_heard_timestamp_seconds",
        "When a cluster that has joined was last heard of; 0: never.",
        labels=("cluster",),
    )
    expiry = GaugeMetricFamily(
        "berth_cluster_token_expiry_timestamp_seconds",
        "Until when the portal's token on a cluster lasts. It renews itself at half of its life.",
        labels=("cluster",),
    )
    for each in found:
        words[each.word] += 1
        if each.token_expires_at is not None:
            heard.add_metric((each.cluster,), _stamp(each.heard_at))
            expiry.add_metric((each.cluster,), _stamp(each.token_expires_at))
    standing = GaugeMetricFamily(
        "berth_clusters", "Clusters, by how they stand.", labels=("standing",)
    )
    for word, count in sorted(words.items()):
        standing.add_metric((word,), count)
    yield from (standing, heard, expiry)
    machines = MachineToken.objects.usable(now()).filter(owner=None)
    yield _number(
        "berth_machine_token_expiry_timestamp_seconds",
        "When the next token of a machine expires; 0: there is none.",
        _stamp(machines.aggregate(first=Min("expires_at"))["first"]),
    )


def _ledger() -> Iterator[Metric]:
    found = Unsealed.objects.aggregate(count=Count("pk"), first=Min("entry_id"))
    oldest = Entry.objects.filter(pk=found["first"] or 0).values_list("at", flat=True).first()
    yield _number("berth_audit_unsealed", "Entries that wait for their seal.", found["count"])
    yield _number(
        "berth_audit_unsealed_oldest_seconds",
        "How long the first of them has waited: the sweeper seals every few seconds.",
        _since(oldest, now()),
    )
    done = GaugeMetricFamily(
        "berth_audit_inspection_timestamp_seconds",
        "When the ledger was last anchored and verified.",
        labels=("kind",),
    )
    broken = GaugeMetricFamily(
        "berth_audit_broken", "1 if that found the ledger changed.", labels=("kind",)
    )
    for row in Inspection.objects.order_by("kind"):
        done.add_metric((row.kind,), _stamp(row.at))
        broken.add_metric((row.kind,), bool(row.finding))
    yield from (done, broken)


def _findings() -> Iterator[Metric]:
    counts = fleet.strays()
    strays = GaugeMetricFamily(
        "berth_strays", "What the nightly look found and still finds.", labels=("kind",)
    )
    for kind in sorted(StrayKind.values):
        strays.add_metric((kind,), counts.get(kind, 0))
    yield strays
    yield _number(
        "berth_nightly_look_timestamp_seconds",
        "When the place that was gone over least lately was; 0: one never was.",
        _stamp(fleet.oldest_look()),
    )


def _people() -> Iterator[Metric]:
    late = GaugeMetricFamily(
        "berth_services_review_overdue",
        "Services whose owner should have confirmed them by now.",
        labels=("environment",),
    )
    found = Service.objects.filter(reviews.overdue()).order_by("environment")
    for environment, count in found.values_list("environment").annotate(Count("pk")):
        late.add_metric((environment,), count)
    yield late
    gone = Leaver.objects.filter(cleared_at=None).count()
    yield _number("berth_leavers", "People who are flagged as having left.", gone)


def _number(name: str, what: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, what, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), value)
    return family


def _since(moment: datetime | None, to: datetime) -> float:
    return max((to - moment).total_seconds(), 0.0) if moment else 0.0


def _stamp(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
