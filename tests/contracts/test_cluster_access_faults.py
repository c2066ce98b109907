"""The API adapter against a server that misbehaves: every fault is one of our errors."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from fleet.connections.api import ApiAccess
from fleet.ports import Endpoint, Ref
from portal.errors import (
    BerthError,
    ClusterBusy,
    ClusterForbidden,
    ClusterUnreachable,
    FieldOwned,
    NamespaceForeign,
    NotJoined,
    ObjectRefused,
    QuotaPending,
    RightsPending,
    StillGoing,
)
from portal.outbound import WayOut
from tests.contracts.cluster_access import Space
from tests.fleet import fake_api
from tests.fleet.fake_api import Asked, FakeApi, Says, status
from tests.running import until

NO_RIGHT = status(
    403,
    "Forbidden",
    'networkpolicies is forbidden: User "system:serviceaccount:berth:primer" cannot patch'
    ' resource "networkpolicies" in API group "networking.k8s.io" in the namespace',
)
CONFLICT = status(
    409,
    "Conflict",
    "Apply failed with 1 conflict",
    causes=[
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "kubectl-edit" using networking.k8s.io/v1',
            "field": ".spec.podSelector",
        }
    ],
)
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "git", "namespace": "shop"},
    "stringData": {"password": 'correct "horse" battery'},
}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[FakeApi]:
    with fake_api.running(tmp_path) as fake:
        yield fake


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def access(api: FakeApi, pauses: list[float]) -> ApiAccess:
    return ApiAccess(
        "eu1-a",
        Endpoint(api.address, api.authority),
        way=WayOut(),
        authorization="Bearer t-1",
        sleep=pauses.append,
    )


@pytest.fixture
def shop(access: ApiAccess) -> Space:
    return Space(access, "shop")


@pytest.mark.parametrize(
    ("says", "error", "words"),
    [
        (status(401, "Unauthorized", "Unauthorized"), ClusterForbidden, "no longer takes"),
        (NO_RIGHT, ClusterForbidden, "cannot patch"),
        (
            status(403, "Forbidden", "x is forbidden: status unknown for quota: control"),
            QuotaPending,
            "status unknown",
        ),
        (
            status(403, "Forbidden", "x is forbidden: exceeded quota: workload"),
            ObjectRefused,
            "exceeded quota",
        ),
        (
            status(
                403, "Forbidden", "being terminated", causes=[{"reason": "NamespaceTerminating"}]
            ),
            StillGoing,
            "being terminated",
        ),
        (Says(404, b"404 page not found\n"), ObjectRefused, "is Flux installed?"),
        (status(404, "NotFound", 'namespaces "x" not found'), ClusterBusy, "not found"),
        (CONFLICT, FieldOwned, '"kubectl-edit" owns .spec.podSelector'),
        (status(409, "Conflict", "the object has been modified"), ClusterBusy, "modified"),
        (status(413, "RequestEntityTooLarge", "too large"), ObjectRefused, "too large"),
        (status(422, "Invalid", "spec.podSelector: Required"), ObjectRefused, "Required"),
        (status(429, "TooManyRequests", "later"), ClusterBusy, "later"),
        (status(500, "InternalError", "failed calling webhook"), ClusterBusy, "webhook"),
        (Says(503, b"\xff\xfe not text"), ClusterBusy, "503"),
        (Says(502, b""), ClusterBusy, "no reason given"),
        (Says(302, b"", headers={"Location": "https://127.0.0.1:1/"}), ClusterUnreachable, "302"),
        (Says(200, b"<html>sign in</html>"), ClusterUnreachable, "proxy"),
        (Says(200, b"[]"), ClusterUnreachable, "proxy"),
        (Says(200, b'{"kind": "NetworkPolicy"}', cut=True), ClusterUnreachable, "eu1-a"),
    ],
)
def test_each_answer_becomes_one_of_our_errors(
    api: FakeApi, shop: Space, says: Says, error: type[BerthError], words: str
) -> None:
    api.says(says)
    failure = shop.apply(shop.policy()).failed[0].error
    assert type(failure) is error
    assert words in failure.detail


def test_an_answer_that_does_not_come_is_not_waited_for(api: FakeApi, shop: Space) -> None:
    api.hang = True
    report = shop.access.apply(
        [[shop.policy()], [shop.policy("later")]], manager="berth", within=0.3
    )
    assert isinstance(report.failed[0].error, ClusterUnreachable)
    assert report.not_tried == 1


def test_no_server_at_all_is_unreachable(access: ApiAccess) -> None:
    gone = ApiAccess(
        "eu1-b", Endpoint("https://127.0.0.1:1"), way=WayOut(), authorization="Bearer t-1"
    )
    with pytest.raises(ClusterUnreachable, match="eu1-b"):
        gone.read(Ref("v1", "Namespace", "", "shop"))


def test_a_server_that_cannot_prove_who_it_is_never_sees_the_token(api: FakeApi) -> None:
    stranger = ApiAccess("eu1-a", Endpoint(api.address), way=WayOut(), authorization="Bearer t-1")
    with pytest.raises(ClusterUnreachable, match="certificate"):
        stranger.read(Ref("v1", "Namespace", "", "shop"))
    assert api.asked == []


def test_the_certificate_must_be_for_the_name(api: FakeApi) -> None:
    def access(name: str) -> ApiAccess:
        return ApiAccess(
            "eu1-a",
            Endpoint(api.address, api.authority, name),
            way=WayOut(),
            authorization="Bearer t-1",
        )

    assert access("fake.example").read(Ref("v1", "Namespace", "", "shop")) is None
    with pytest.raises(ClusterUnreachable, match="certificate"):
        access("other.example").read(Ref("v1", "Namespace", "", "shop"))


def test_a_plain_http_address_is_not_used() -> None:
    with pytest.raises(NotJoined, match="https"):
        ApiAccess("eu1-a", Endpoint("http://127.0.0.1:1"), way=WayOut(), authorization="Bearer t-1")


def test_a_broken_authority_is_told_in_words(api: FakeApi) -> None:
    with pytest.raises(NotJoined, match="certificates"):
        ApiAccess(
            "eu1-a",
            Endpoint(api.address, "no certificate"),
            way=WayOut(),
            authorization="Bearer t-1",
        )


def rights_after(api: FakeApi, refusals: int, *, age: timedelta) -> None:
    """Let the namespace be of this age, and refuse what is applied inside at first."""
    left = [refusals]

    def answer(asked: Asked) -> Says:
        if "networkpolicies" in asked.path and left[0]:
            left[0] -= 1
            return NO_RIGHT
        return fake_api.made(asked, age=age)

    api.answer = answer


def test_rights_in_a_young_namespace_are_waited_for(
    api: FakeApi, shop: Space, pauses: list[float]
) -> None:
    rights_after(api, 2, age=timedelta(seconds=1))
    assert not shop.apply(shop.namespace(), shop.own_binding(), shop.policy()).failed
    assert len(pauses) == 2


def test_while_rights_are_new_one_object_asks_for_all(api: FakeApi, shop: Space) -> None:
    rights_after(api, 2, age=timedelta(seconds=1))
    waves = [[shop.namespace()], [shop.own_binding()], [shop.policy(name) for name in "abc"]]
    assert not shop.access.apply(waves, manager="berth").failed
    inside = [each.path for each in api.asked if "networkpolicies" in each.path]
    assert ["networkpolicies/a" in path for path in inside] == [True, True, True, False, False]


def test_rights_that_do_not_come_in_a_young_namespace_are_tried_later(
    api: FakeApi, shop: Space, pauses: list[float]
) -> None:
    rights_after(api, 99, age=timedelta(seconds=1))
    report = shop.apply(shop.namespace(), shop.own_binding(), shop.policy())
    assert isinstance(report.failed[0].error, RightsPending)
    assert sum(pauses) < 5


def test_a_right_that_lacks_in_an_old_namespace_is_told_at_once(
    api: FakeApi, shop: Space, pauses: list[float]
) -> None:
    rights_after(api, 99, age=timedelta(hours=1))
    report = shop.apply(shop.namespace(), shop.own_binding(), shop.policy())
    assert isinstance(report.failed[0].error, ClusterForbidden)
    assert pauses == []


def test_a_policy_that_reads_an_old_namespace_is_asked_again(
    api: FakeApi, shop: Space, pauses: list[float]
) -> None:
    denied = status(422, "Invalid", "ValidatingAdmissionPolicy 'berth-kustomizations' denied")
    answers = [denied, denied]
    api.answer = lambda asked: answers.pop() if answers else fake_api.echo(asked)
    assert not shop.apply(shop.policy()).failed
    assert len(pauses) == 2


def test_every_objects_own_error_is_kept(api: FakeApi, shop: Space) -> None:
    api.answer = lambda asked: CONFLICT if "/b" in asked.path else fake_api.echo(asked)
    report = shop.access.apply([[shop.policy(name) for name in "abc"]], manager="berth")
    assert [each.ref.name for each in report.applied] == ["a", "c"]
    assert [each.ref.name for each in report.failed] == ["b"]


def test_an_apply_names_its_manager_and_never_forces(api: FakeApi, shop: Space) -> None:
    shop.apply(shop.policy(), manager="berth-7")
    (asked,) = api.asked
    assert asked.method == "PATCH"
    assert asked.path.endswith("/namespaces/shop/networkpolicies/policy?fieldManager=berth-7")
    assert asked.headers["Content-Type"] == "application/apply-patch+yaml"
    assert asked.headers["Authorization"] == "Bearer t-1"


def test_words_about_a_secret_come_without_its_value(api: FakeApi, shop: Space) -> None:
    api.answer = lambda asked: status(
        422, "Invalid", f"Invalid value: {asked.body['stringData']['password']}"
    )
    error = shop.apply(SECRET).failed[0].error
    assert "horse" not in str(error)
    assert "Invalid value" in str(error)


def test_removal_is_for_exactly_what_was_looked_at(api: FakeApi, access: ApiAccess) -> None:
    labels = {"app.kubernetes.io/managed-by": "berth"}
    found = {"metadata": {"name": "shop", "uid": "u-7", "labels": labels}}
    api.answer = lambda _: Says(200, found)
    assert not access.remove(Ref("v1", "Namespace", "", "shop"), only_labelled=labels)
    deletion = next(each for each in api.asked if each.method == "DELETE")
    assert deletion.body["preconditions"] == {"uid": "u-7"}
    assert deletion.body["propagationPolicy"] == "Background"


def test_what_carries_other_labels_is_not_asked_to_go(api: FakeApi, access: ApiAccess) -> None:
    found = {"metadata": {"name": "shop", "uid": "u-7", "labels": {"team": "shop"}}}
    api.answer = lambda _: Says(200, found)
    with pytest.raises(NamespaceForeign, match="shop"):
        access.remove(Ref("v1", "Namespace", "", "shop"), only_labelled={"team": "other"})
    assert {each.method for each in api.asked} == {"GET"}


def test_what_is_on_its_way_out_is_not_asked_again(api: FakeApi, access: ApiAccess) -> None:
    found = {
        "metadata": {"name": "shop", "uid": "u-7", "deletionTimestamp": "2026-11-23T09:00:00Z"}
    }
    api.answer = lambda _: Says(200, found)
    assert not access.remove(Ref("v1", "Namespace", "", "shop"), only_labelled={})
    assert {each.method for each in api.asked} == {"GET"}


def test_a_redirect_is_not_followed_with_the_token(api: FakeApi, access: ApiAccess) -> None:
    api.says(Says(307, b"", headers={"Location": f"{api.address}/elsewhere"}))
    with pytest.raises(ClusterUnreachable, match="307"):
        access.read(Ref("v1", "Namespace", "", "shop"))
    assert len(api.asked) == 1


def test_a_few_connections_are_kept(api: FakeApi, shop: Space) -> None:
    wave = [shop.policy(f"p{number}") for number in range(60)]
    shop.access.apply([wave, wave], manager="berth")
    assert len(api.asked) == 120
    assert api.connections <= 8


def test_orders_at_once_share_the_few_connections(api: FakeApi, shop: Space) -> None:
    wave = [shop.policy(f"p{number}") for number in range(30)]
    with ThreadPoolExecutor(4) as orders:
        list(orders.map(lambda _: shop.access.apply([wave], manager="berth"), range(4)))
    assert len(api.asked) == 120
    assert api.connections <= 8


def test_a_call_does_not_wait_for_a_connection_beyond_its_time(api: FakeApi, shop: Space) -> None:
    api.hang = True
    with ThreadPoolExecutor(8) as others:
        waiting = [others.submit(shop.access.read, shop.ref, within=2) for _ in range(8)]
        until(lambda: len(api.asked) == 8, 5, "all connections are busy")
        with pytest.raises(ClusterUnreachable, match="did not answer in time"):
            shop.access.read(shop.ref, within=0.1)
        api.released.set()
    assert all(isinstance(each.exception(), ClusterUnreachable) for each in waiting)
