"""Who a workload's token lets in, as what, and what is written down about it."""

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.db import transaction

from accounts.keys import Keys, PinnedKeys
from accounts.machines import Workload
from accounts.models import WorkloadVisit
from accounts.workloads import trusted, verifying
from accounts.workloads.trusted import Faulty, Rule, Trusted
from accounts.workloads.verifying import Untrue
from audit import ledger
from audit.ledger import Actor, Subject
from portal.clock import now
from portal.errors import IssuerAway, storable
from portal.outbound import WayOut

KEPT = timedelta(days=30)  # for so long it is shown which tokens came
TOLD_EVERY = timedelta(minutes=1)  # how often a refusal is written down, of one issuer
DOOR = Actor(ident="system:door", name="Berth")
logger = logging.getLogger(__name__)


class Trust:
    """The issuers of one file with their keys, for the life of the process."""

    def __init__(self, issuers: tuple[Trusted, ...], way: WayOut) -> None:
        self.issuers = issuers
        self._keys = {each.slug: _keys(each, way) for each in issuers}
        self._told: dict[str, datetime] = {}

    def keys_of(self, issuer: Trusted) -> Keys | PinnedKeys:
        return self._keys[issuer.slug]

    def named(self, issuer: str, audience: str) -> Trusted | None:
        """Return the trusted issuer of this name for this audience."""
        fits = (each for each in self.issuers if (each.issuer, each.audience) == (issuer, audience))
        return next(fits, None)

    def may_tell(self, issuer: Trusted) -> bool:
        """Say whether a refusal is written down: anybody can send tokens, so not every one is."""
        last = self._told.get(issuer.slug)
        if last is not None and now() < last + TOLD_EVERY:
            return False
        self._told[issuer.slug] = now()
        return True


def _keys(issuer: Trusted, way: WayOut) -> Keys | PinnedKeys:
    if issuer.pinned is not None:
        return PinnedKeys(issuer.pinned)
    return Keys(way, issuer=issuer.issuer, address=issuer.keys_url)


def looks_like_one(text: str) -> bool:
    """Say whether a bearer token could be a workload's, as far as its shape tells."""
    return settings.BERTH_WORKLOADS_FILE is not None and text.count(".") == 2


def admitted(text: str, *, address: str | None) -> Workload | None:
    """Return the workload that a token is, or None for one that is not believed or fits no rule.

    Raises IssuerAway while its issuer's keys cannot be had: that is never a yes, and no no either.
    """
    trust = current()
    try:
        issuer = trust.named(*verifying.addressed(text))
    except Untrue as error:
        logger.info("A token of a workload was refused. %s", error)
        return None
    if issuer is None:
        logger.info("A token of a workload was refused: its issuer or audience is not trusted.")
        return None
    try:
        return _known(text, issuer, trust, address)
    except Untrue as error:
        _note_refusal(issuer, trust, f"From {address or 'an unknown address'}. {error}")
        return None


def _known(text: str, issuer: Trusted, trust: Trust, address: str | None) -> Workload:
    claims = verifying.claims(text, issuer, trust.keys_of(issuer).fitting)
    rule = next((rule for rule in issuer.rules if rule.fits(claims)), None)
    if rule is None:
        raise Untrue(f"{_ident(issuer, claims)} fits no rule.")
    workload = _workload(issuer, rule, claims)
    _mark_used(workload, text, claims, address)
    return workload


def _workload(issuer: Trusted, rule: Rule, claims: Mapping[str, Any]) -> Workload:
    every = trusted.EVERY_TENANT in rule.tenants
    return Workload(
        ident=_ident(issuer, claims),
        name=rule.name,
        scopes=frozenset(rule.scopes),
        tenants=frozenset(() if every else rule.tenants),
        sees_everything=every,
    )


def _ident(issuer: Trusted, claims: Mapping[str, Any]) -> str:
    """Return `workload:<slug>:<sub>`; a longer one than fits ends in the hash of the whole."""
    whole = f"workload:{issuer.slug}:{storable(claims['sub'])}"
    if len(whole) <= WorkloadVisit.IDENT_LIMIT:
        return whole
    mark = hashlib.sha256(whole.encode()).hexdigest()[:32]
    return f"{whole[: WorkloadVisit.IDENT_LIMIT - len(mark) - 1]}~{mark}"


def _mark_used(
    workload: Workload, text: str, claims: Mapping[str, Any], address: str | None
) -> None:
    """Write down that a token came, and leave an entry when it came for the first time."""
    moment = now()
    digest = hashlib.sha256(text.encode()).hexdigest()
    seen = WorkloadVisit.objects.filter(token_digest=digest)
    if seen.update(last_used_at=moment, last_used_from=address):
        return
    with transaction.atomic():
        visit, made = WorkloadVisit.objects.get_or_create(
            token_digest=digest,
            defaults={
                "ident": workload.ident,
                "name": workload.name,
                "last_used_at": moment,
                "last_used_from": address,
            },
        )
        if made:
            told = {"machine": (None, workload.name), "until": (None, claims["exp"])}
            come = f"From {address or 'an unknown address'}."
            ledger.note("let in", visit.as_subject, by=workload.actor, reason=come, changes=told)
    WorkloadVisit.objects.filter(last_used_at__lt=moment - KEPT).delete()


def _note_refusal(issuer: Trusted, trust: Trust, why: str) -> None:
    logger.warning("A token of the issuer %s was refused. %s", issuer.slug, why)
    if not trust.may_tell(issuer):
        return
    about = uuid5(NAMESPACE_URL, f"{issuer.issuer} {issuer.audience}")
    with transaction.atomic():
        ledger.note(
            "refused workload", Subject("WorkloadIssuer", about, issuer.slug), by=DOOR, reason=why
        )


def faults() -> list[str]:
    """Return what is wrong with the file that settings name; without one, nothing."""
    try:
        if settings.BERTH_WORKLOADS_FILE is not None:
            trusted.read(settings.BERTH_WORKLOADS_FILE)
    except Faulty as error:
        return error.faults
    return []


def issuers() -> tuple[Trusted, ...]:
    """Return whom this process trusts; nobody while the file cannot be used."""
    try:
        return current().issuers
    except IssuerAway:
        return ()


def current() -> Trust:
    """Return whom the file trusts, read once. Raises IssuerAway while the file cannot be used."""
    path = settings.BERTH_WORKLOADS_FILE
    try:
        return _trust(path) if path is not None else Trust((), WayOut())
    except Faulty as error:
        logger.error("BERTH_WORKLOADS_FILE cannot be used: %s", error)  # noqa: TRY400 - foreseen
        raise IssuerAway("The file of trusted issuers cannot be used.") from error


@lru_cache(maxsize=8)
def _trust(path: Path) -> Trust:
    way = WayOut(settings.BERTH_CA_BUNDLE, settings.BERTH_PROXY, settings.BERTH_NO_PROXY)
    return Trust(trusted.read(path), way)
