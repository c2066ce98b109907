"""Objects of a plan: which error counts, how secrets go in, and words that two rooms share."""

import base64

import pytest
from django.conf import settings

from fleet import objects, ports
from fleet.budget import Budget
from fleet.connections.kinds import KINDS
from fleet.ports import Failed, Manifest, Ref, Report
from portal.errors import (
    BerthError,
    ClusterBusy,
    FieldOwned,
    ObjectRefused,
    QuotaPending,
)
from tenants.priming import labels, packs

SPACE = Ref("v1", "Namespace", "", "shop")
SECRET: Manifest = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "git", "namespace": "shop"},
    "type": "Opaque",
    "stringData": {"username": "placement-1", "password": "secretref:git"},
}


def failed(*errors: BerthError) -> Report:
    return Report([], [Failed(SPACE, error) for error in errors])


@pytest.mark.parametrize(
    ("errors", "counts"),
    [
        ([QuotaPending("a"), ObjectRefused("b")], ObjectRefused),
        ([FieldOwned("a"), ObjectRefused("b"), ClusterBusy("c")], ObjectRefused),
        ([ClusterBusy("a"), FieldOwned("b")], FieldOwned),
        ([QuotaPending("a"), ClusterBusy("b")], QuotaPending),
    ],
)
def test_what_needs_a_person_counts_before_what_time_mends(
    errors: list[BerthError], counts: type[BerthError]
) -> None:
    gravest = objects.gravest(failed(*errors))
    assert type(gravest) is counts
    assert all(error.detail in gravest.detail for error in errors)


def test_secrets_go_in_as_data_and_only_into_secrets() -> None:
    entry = objects.with_secrets({"wave": 50, "manifest": SECRET}, lambda name: f"the {name} one")
    values = {
        key: base64.b64decode(value).decode() for key, value in entry["manifest"]["data"].items()
    }
    assert values == {"username": "placement-1", "password": "the git one"}
    assert "stringData" not in entry["manifest"]
    assert SECRET["stringData"]["password"] == "secretref:git"


def test_no_time_left_is_told_and_passes() -> None:
    with pytest.raises(ClusterBusy):
        Budget(0).left()
    assert 0 < Budget(3).call() <= 3


def test_every_kind_of_a_pack_can_be_applied() -> None:
    pack = packs.load(settings.BERTH_PACKS, "standard")
    made = {kind for part in pack.kinds.values() for kind in part}
    known = {f"{version}/{kind}" for version, kind in KINDS}
    assert made - known == set()


def test_both_rooms_write_the_same_labels() -> None:
    assert ports.MANAGED == {labels.MANAGED_BY: ports.MANAGER}
    assert ports.PLACEMENT_PREFIX == labels.PLACEMENT_LINE
