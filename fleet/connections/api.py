"""A cluster by its Kubernetes API: server-side apply with the official client, never by force."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from threading import Event
from time import monotonic

from fleet.connections import answers
from fleet.connections.line import Refused, rest_client
from fleet.connections.server import Server
from fleet.ports import (
    CALL_SECONDS,
    MANAGER,
    ROUND_SECONDS,
    Applied,
    Endpoint,
    Failed,
    IssuedToken,
    Manifest,
    Ref,
    Report,
    Wave,
    placements_in,
)
from portal.errors import BerthError, ClusterBusy, NamespaceForeign
from portal.outbound import WayOut

PARALLEL = 8  # objects of a wave at a time, on as many kept connections
PAUSES = (0.05, 0.1, 0.2, 0.4, 1.0, 2.0)  # seconds between tries while the server's caches catch up
YOUNG = timedelta(minutes=2)  # up to this age a namespace's rights may not be known yet
GIVES_RIGHTS = ("Namespace", "RoleBinding")
MASK = "********"
LEAST_SECRET = 4  # characters; shorter values are in every sentence

_never = Event()  # waiting for it sleeps


@dataclass
class _Round:
    """One apply: its manager, when it must end, and the namespaces that are young."""

    manager: str
    ends_at: float
    young: set[str] = field(default_factory=set)

    def seconds_left(self) -> float:
        return self.ends_at - monotonic()


class ApiAccess:
    """ClusterAccess to a real cluster, with a bearer token or a client certificate.

    Connections are kept and must not be used by a forked child: make one for each process.
    """

    rehearsal = False

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        *,
        way: WayOut,
        authorization: str = "",
        client_certificate: tuple[str, str] | None = None,
        sleep: Callable[[float], object] = _never.wait,
    ) -> None:
        self.endpoint = endpoint
        self._sleep = sleep
        client = rest_client(
            name,
            endpoint,
            credential=authorization.rpartition(" ")[2],
            client_certificate=client_certificate,
            connections=PARALLEL,
            way=way,
        )
        self._threads = ThreadPoolExecutor(PARALLEL, thread_name_prefix=f"cluster-{name}")
        self._server = Server(name, endpoint.server, client, authorization=authorization)

    def apply(
        self, waves: Sequence[Wave], *, manager: str, within: float = ROUND_SECONDS
    ) -> Report:
        this_round = _Round(manager, ends_at=monotonic() + within)
        applied: list[Applied] = []
        for number, wave in enumerate(waves):
            outcomes = self._apply_wave(wave, this_round)
            applied += [each for each in outcomes if isinstance(each, Applied)]
            failed = [each for each in outcomes if isinstance(each, Failed)]
            if failed:
                rest = sum(len(later) for later in waves[number + 1 :])
                return Report(applied, failed, not_tried=rest)
        return Report(applied, [])

    def read(self, ref: Ref, *, within: float = CALL_SECONDS) -> Manifest | None:
        try:
            return self._server.get(ref, within=within)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise answers.as_error(refused, str(ref)) from refused

    def annotate(self, ref: Ref, annotations: Mapping[str, str | None]) -> bool:
        patch = {"metadata": {"annotations": dict(annotations)}}
        try:
            self._server.merge(ref, patch, manager=MANAGER)
        except Refused as refused:
            if refused.status == 404:
                return False
            raise answers.as_error(refused, str(ref)) from refused
        return True

    def remove(self, ref: Ref, *, only_labelled: Mapping[str, str]) -> bool:
        found = self.read(ref)
        if found is None:
            return True
        metadata = found["metadata"]
        if not only_labelled.items() <= metadata.get("labels", {}).items():
            raise NamespaceForeign(f"{ref} is there and was not made for this.")
        if "deletionTimestamp" not in metadata:
            self._delete(ref, uid=metadata["uid"])
        return self.read(ref) is None

    def placements_of(self, control_namespace: str) -> Sequence[str]:
        return placements_in(self.read(Ref("v1", "Namespace", "", control_namespace)))

    def token(self, namespace: str, account: str, *, seconds: int) -> IssuedToken:
        try:
            status = self._server.request_token(namespace, account, seconds=seconds)["status"]
        except Refused as refused:
            subject = f"A token for ServiceAccount {namespace}/{account}"
            raise answers.as_error(refused, subject) from refused
        expires_at = datetime.fromisoformat(status["expirationTimestamp"])
        return IssuedToken(status["token"], expires_at)

    def listed(self, api_version: str, kind: str, *, labels: str = "") -> Sequence[Manifest] | None:
        try:
            return self._server.listed(api_version, kind, labels=labels)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise answers.as_error(refused, f"The list of {kind}") from refused

    def would_refuse(self, manifest: Manifest) -> str:
        try:
            self._server.dry_run(manifest)
        except Refused as refused:
            return answers.as_error(refused, str(Ref.of(manifest))).detail
        return ""

    def _delete(self, ref: Ref, *, uid: str) -> None:
        try:
            self._server.delete(ref, uid=uid)
        except Refused as refused:
            # 404: gone meanwhile. 409: another object of this name by now, looked at next time
            if refused.status not in {404, 409}:
                raise answers.as_error(refused, str(ref)) from refused

    def _apply_wave(self, wave: Wave, this_round: _Round) -> list[Applied | Failed]:
        """Apply a wave: eight at a time, but one before the others where rights are new.

        Until the server knows them it refuses, and one that asks again is enough.
        """
        ahead = 1 if this_round.young or len(wave) == 1 else 0
        outcomes = [self._apply_patiently(each, this_round) for each in wave[:ahead]]
        if len(wave) > ahead:
            outcomes += self._threads.map(self._apply_patiently, wave[ahead:], repeat(this_round))
        return outcomes

    def _apply_patiently(self, manifest: Manifest, this_round: _Round) -> Applied | Failed:
        """Apply one object, and for some seconds again where only a cache is behind."""
        ref = Ref.of(manifest)
        pauses = iter(PAUSES)
        while True:
            try:
                return self._apply_once(manifest, ref, this_round)
            except Refused as said:
                refused = Refused(said.status, _without_secrets(said.body, manifest))
                young = ref.namespace in this_round.young
                error = answers.as_error(refused, str(ref), young=young)
                pause = next(pauses, None) if answers.may_lag(refused, error) else None
            except BerthError as failure:
                error, pause = failure, None
            if pause is None or pause >= this_round.seconds_left():
                return Failed(ref, error)
            self._sleep(pause)

    def _apply_once(self, manifest: Manifest, ref: Ref, this_round: _Round) -> Applied:
        seconds = this_round.seconds_left()
        if seconds <= 0:
            raise ClusterBusy(f"{ref}: no time was left for it in this try.")
        answer = self._server.apply(
            manifest, manager=this_round.manager, within=min(seconds, CALL_SECONDS)
        )
        if ref.kind in GIVES_RIGHTS and answer.age() < YOUNG:
            this_round.young.add(ref.namespace or ref.name)
        return Applied(ref, answer.metadata["resourceVersion"])


def _without_secrets(body: str, manifest: Manifest) -> str:
    """Return the server's words without any value of the Secret that they are about."""
    for value in _secrets(manifest):
        for written in (value, json.dumps(value)[1:-1]):
            body = body.replace(written, MASK)
    return body


def _secrets(manifest: Manifest) -> Iterator[str]:
    if manifest["kind"] == "Secret":
        for part in ("data", "stringData"):
            values = manifest.get(part, {}).values()
            yield from (str(value) for value in values if len(str(value)) >= LEAST_SECRET)
