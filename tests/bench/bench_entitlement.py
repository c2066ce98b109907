"""What an answer on entitlement costs with five sources, asked anew and remembered."""

from collections.abc import Sequence
from dataclasses import replace
from threading import Event
from time import perf_counter

from onboarding.entitlement.arrangement import Limits
from onboarding.entitlement.asking import Sources
from onboarding.entitlement.combine import Demand, Terms
from onboarding.entitlement.seat import Seat
from onboarding.ports import Answer, Outcome, Query
from tests.bench.figures import Figures, Watch

NAMES = ("claims", "directory", "file", "groups", "policy")
TAKES = 0.02  # seconds, each: about what a directory or a decision point in the same site needs
COLD = 200
CACHED = 5000
QUERY = Query(
    subject="corp:0a1b2c3d",
    groups=frozenset(f"corp/team-{number}" for number in range(40)),
    action="onboard",
    tenant="payments",
    application="checkout",
    environment="prod",
    claims={"department": "payments", "grade": 7},
)


class Distant:
    """A source that takes its time."""

    def __init__(self, name: str) -> None:
        self.name = name

    def check(self, _query: Query) -> Answer:
        Event().wait(TAKES)  # the way to a server and back
        return Answer(Outcome.PERMIT, self.name, "permitted", "It says so.", evidence={"rule": 7})


def five() -> Sources:
    demands = tuple(Demand((name,)) for name in NAMES)
    return Sources([Seat(Distant(name), Limits()) for name in NAMES], Terms(demands))


def asked(count: int) -> Sequence[Query]:
    """Return questions of which no two are the same."""
    return [replace(QUERY, application=f"application-{number}") for number in range(count)]


def test_cold(figures: Figures) -> None:
    sources, watch = five(), Watch()
    for query in asked(COLD):
        with watch.running():
            ruling = sources.ruling(query)
        assert ruling.outcome is Outcome.PERMIT
    figures.tell(
        "entitlement.cold_ms",
        watch.median_ms,
        "ms",
        f"asking five sources at once, each of which takes {TAKES * 1000:.0f} ms; median of {COLD}",
        aim="≤ 30",
    )


def test_cached(figures: Figures) -> None:
    sources = five()
    sources.rulings([QUERY], fresh=False)
    began = perf_counter()
    for _ in range(CACHED):
        (ruling,) = sources.rulings([QUERY], fresh=False)
        assert ruling.outcome is Outcome.PERMIT
    figures.tell(
        "entitlement.cached_per_s",
        CACHED / (perf_counter() - began),
        "/s",
        "hints of five sources that answered a moment ago, in one thread",
        aim="≥ 5,000",
    )
