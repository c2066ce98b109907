"""How the eligibility matrix changes: a row comes, goes, or takes the place of another."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import IntegrityError, transaction

from accounts.doers import Doer, operator
from audit.ledger import Actor
from portal.errors import RecordMoved
from tenants.actions import rows
from tenants.eligibility import Matrix
from tenants.matrix import LINE
from tenants.rules import Edition, Rule


@dataclass(frozen=True)
class Proposal:
    """One change of the matrix: what comes (not saved yet), what goes, and why."""

    comes: Rule | None
    goes: Rule | None
    reason: str


def applied(rules: Matrix, proposal: Proposal) -> Matrix:
    """Return the matrix as it would be. The edition stays that of the matrix it came from."""
    lines = rules.lines
    if proposal.goes is not None:
        lines = lines - {proposal.goes.line}
    if proposal.comes is not None:
        lines = lines | {proposal.comes.line}
    return replace(Matrix.of(lines), edition=rules.edition)


@transaction.atomic
def put_in_force(proposal: Proposal, *, seen: int, by: Doer) -> Edition:
    """Change the matrix if it is still the edition that was seen.

    Raises RecordMoved when somebody else was faster, ValidationError in words, RoleMissing.
    """
    actor = operator(by)
    if proposal.comes is None and proposal.goes is None:
        raise ValueError("A proposal that changes nothing.")
    edition = _next(seen, proposal.reason, actor)
    if proposal.goes is not None:
        _end(proposal.goes, edition)
    if proposal.comes is not None:
        _add(proposal.comes, edition)
    _note(proposal, edition, actor)
    return edition


def _next(seen: int, reason: str, by: Actor) -> Edition:
    last = Edition.objects.order_by("-number").values_list("number", flat=True).first() or 0
    edition = Edition(number=seen + 1, put_by=by.name[:200], reason=reason)
    if last != seen:
        raise RecordMoved("The matrix has changed since you looked.")
    edition.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            edition.save(force_insert=True)
    except IntegrityError as error:
        raise RecordMoved("The matrix has changed since you looked.") from error
    return edition


def _end(rule: Rule, edition: Edition) -> None:
    if not rows.move(rule, to={"until": edition}, until=None):
        raise RecordMoved(f"{rule}: this row is no longer in force.")


def _add(rule: Rule, edition: Edition) -> None:
    rule.since = edition
    rule.full_clean()
    rule.save(force_insert=True)


def _note(proposal: Proposal, edition: Edition, by: Actor) -> None:
    """Write one entry; of a row that takes another's place it names what differs."""
    before, after = _said(proposal.goes), _said(proposal.comes)
    changes = {
        name: (before.get(name), after.get(name))
        for name in LINE
        if before.get(name) != after.get(name)
    }
    changes["edition"] = (edition.number - 1, edition.number)
    verb = {(True, False): "added", (False, True): "retired"}.get(
        (proposal.comes is not None, proposal.goes is not None), "replaced"
    )
    touched = [each for each in (proposal.comes, proposal.goes) if each is not None]
    rows.note(verb, touched[0], by=by, changes=changes, reason=proposal.reason, also=touched[1:])


def _said(rule: Rule | None) -> Mapping[str, Any]:
    return {} if rule is None else {name: getattr(rule.line, name) for name in LINE}
