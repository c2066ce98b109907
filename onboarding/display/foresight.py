"""Whom a change of the eligibility matrix would touch, told before it takes effect."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onboarding.plans import places
from onboarding.plans.places import Stopped
from tenants import lookups, matrix
from tenants.actions.eligibility import Proposal, applied
from tenants.eligibility import Matrix, Place, subject
from tenants.gradings import Classification
from tenants.models import Placement, Rule

MOST = 50  # rows of one list; beyond that they are counted


@dataclass(frozen=True)
class Out:
    """Placements that a matrix refuses: how many at which places, and the first of them."""

    places: Mapping[Place, int]
    first: Sequence[tuple[Placement, str]]

    @property
    def total(self) -> int:
        return sum(self.places.values())

    @property
    def more(self) -> int:
        return self.total - len(self.first)


@dataclass(frozen=True)
class Foresight:
    """What a proposal would bring about, and the edition of the matrix that it was seen from."""

    proposal: Proposal
    edition: int
    out: Out  # of line from then on
    back: Out  # in line again
    orders: Sequence[Stopped]
    opens: Sequence[Place]
    shuts: Sequence[Place]
    nowhere: Sequence[str]  # what no cluster takes any more

    @property
    def touches_nothing(self) -> bool:
        return not any((self.out.total, self.back.total, self.orders, self.opens, self.shuts))

    @property
    def seen(self) -> str:
        """Return what stands for all of this, so that only what was seen is put in force."""
        stopped = [(each.order.pk, each.order.revision_number) for each in self.orders]
        told = [
            self.edition,
            [_told(self.proposal.comes), _told(self.proposal.goes), self.proposal.reason],
            sorted((str(place), count) for place, count in self.out.places.items()),
            sorted((str(place), count) for place, count in self.back.places.items()),
            stopped,
            [*map(str, self.opens)],
            [*map(str, self.shuts)],
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _told(rule: Rule | None) -> str:
    return repr(rule.line) if rule else ""


def foresee(proposal: Proposal) -> Foresight:
    """Work out what would come of a proposal now. As many queries, however large the record is."""
    before = matrix.in_force()
    after = applied(before, proposal)
    there = matrix.tally()
    was, becomes = there.refused_by(before), there.refused_by(after)
    opens, shuts = _moved(before, after)
    return Foresight(
        proposal=proposal,
        edition=before.edition,
        out=_out(becomes, after, but=was),
        back=_out(was, before, but=becomes),
        orders=places.stopped_by(after, but_for=before),
        opens=opens,
        shuts=shuts,
        nowhere=_nowhere(shuts, after),
    )


def out_of_line(rules: Matrix) -> Out:
    """Return what lives where this matrix does not allow it."""
    return _out(matrix.tally().refused_by(rules), rules, but={})


def _out(refused: Mapping[Place, int], rules: Matrix, *, but: Mapping[Place, int]) -> Out:
    wanted = {place: count for place, count in refused.items() if place not in but}
    first = matrix.placements_at(wanted.keys(), MOST)
    return Out(wanted, [(each, rules.verdict(matrix.place_of(each)).words) for each in first])


def _moved(before: Matrix, after: Matrix) -> tuple[list[Place], list[Place]]:
    """Return what could be ordered then and not now, and now and not then."""
    offered = [
        Place(environment, classification, tier, region)
        for environment, tier, region in matrix.offered_places()
        for classification in Classification.values
    ]
    opens = [each for each in offered if after.allows(each) and not before.allows(each)]
    shuts = [each for each in offered if before.allows(each) and not after.allows(each)]
    return opens, shuts


def _nowhere(shuts: Sequence[Place], after: Matrix) -> list[str]:
    """Return the data for which nothing is left in an environment, of those that lose a place."""
    offered = matrix.offered_places()
    lost = dict.fromkeys((each.environment, each.classification) for each in shuts)
    return [
        subject(*pair)
        for pair in lost
        if not any(
            after.allows(Place(*pair, tier, region))
            for environment, tier, region in offered
            if environment == pair[0]
        )
    ]


@dataclass(frozen=True)
class Row:
    """A row of the table: an environment, and what is said of each kind of data there."""

    environment: str
    slug: str
    cells: Sequence[tuple[str, str]]  # where only, where not


def table(rules: Matrix) -> list[Row]:
    """Return the matrix as environments by classifications."""
    return [
        Row(
            each.name,
            each.slug,
            [rules.cell(each.slug, value).in_words for value in Classification.values],
        )
        for each in lookups.environments()
    ]
