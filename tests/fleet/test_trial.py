"""The portal gets no token on a cluster whose guards were not seen to refuse."""

from collections.abc import Iterable, Iterator

import pytest

from fleet import trial
from fleet.ports import Manifest
from portal.errors import NotJoined

NO_RIGHT = 'namespaces is forbidden: User "system:serviceaccount:berth:primer" cannot create'


def refusal(guard: str) -> str:
    return f"ValidatingAdmissionPolicy '{guard}' with binding '{guard}' denied request: no"


class Answers:
    """An API server whose guards come into force one by one, in the order of the rounds told."""

    def __init__(self, rounds: Iterable[tuple[str, ...]], otherwise: str = "") -> None:
        self.rounds = iter(rounds)
        self.standing: tuple[str, ...] = next(self.rounds)
        self.otherwise = otherwise
        self.slept = 0.0

    def would_refuse(self, manifest: Manifest) -> str:
        kind = str(manifest["kind"])
        guard = {"Namespace": "berth-portal-namespaces", "RoleBinding": "berth-portal-bindings"}
        return refusal(guard[kind]) if guard[kind] in self.standing else self.otherwise

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.standing = next(self.rounds, self.standing)


ALL = ("berth-portal-bindings", "berth-portal-namespaces")


def forever(*standing: str) -> Iterator[tuple[str, ...]]:
    while True:
        yield standing


def test_guards_that_stand_are_believed_after_three_refusals() -> None:
    server = Answers(forever(*ALL))
    trial.wait_for_guards(server, sleep=server.sleep)
    assert server.slept == 2 * trial.PAUSE


def test_guards_that_come_late_are_waited_for() -> None:
    server = Answers([(), (), ALL[:1], ALL])
    trial.wait_for_guards(server, sleep=server.sleep)
    assert server.slept == 5 * trial.PAUSE


def test_a_server_that_has_not_heard_yet_starts_the_count_again() -> None:
    server = Answers([ALL, ALL, (), ALL])
    trial.wait_for_guards(server, sleep=server.sleep)
    assert server.slept == 5 * trial.PAUSE


@pytest.mark.parametrize("guard", ALL)
def test_one_guard_that_never_refuses_stops_the_joining(guard: str) -> None:
    server = Answers(forever(*(each for each in ALL if each != guard)))
    with pytest.raises(NotJoined, match=rf"{guard} refused nothing .*would have been made"):
        trial.wait_for_guards(server, sleep=server.sleep)
    assert 20 < server.slept < 60


def test_a_missing_right_is_no_guard() -> None:
    server = Answers(forever(), otherwise=NO_RIGHT)
    with pytest.raises(NotJoined, match="cannot create"):
        trial.wait_for_guards(server, sleep=server.sleep)
