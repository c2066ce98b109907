"""What was chosen at drafting is read again, also from plans that are older than a choice."""

from uuid import uuid4

from onboarding.form.answers import Spot
from onboarding.plans import choices

SPOT = Spot(uuid4(), uuid4(), uuid4(), "retail-flux", "retail-basket-dev", "basket-dev")
PACE = {"source_interval": "1m", "interval": "10m", "retry_interval": "5m", "timeout": "5m"}
SHARD = {"shard": "a", "pace": PACE}
ALONE = {"pack": "classic", "pack_version": 1, "flux_namespace": "retail-basket-dev", **SHARD}
OLD = {"pack": "standard", "pack_version": 3, "spots": {str(SPOT.placement): SHARD}}
NEW = {"spots": {str(SPOT.placement): ALONE}}


def test_a_plan_from_before_packs_could_be_chosen_shares_its_ground() -> None:
    chosen = choices.of_spot(OLD, SPOT)
    assert (chosen.pack, chosen.pack_version, chosen.flux_namespace) == (
        "standard",
        3,
        "retail-flux",
    )
    assert choices.packs_of(OLD) == {"standard": 3}


def test_each_spot_has_its_own_pack() -> None:
    chosen = choices.of_spot(NEW, SPOT)
    assert (chosen.pack, chosen.flux_namespace, chosen.shard) == (
        "classic",
        "retail-basket-dev",
        "a",
    )
    assert choices.packs_of(NEW) == {"classic": 1}
