"""Handing out the evidence of an order; the ledger keeps who got what."""

from contextlib import ExitStack
from uuid import uuid5

from django.db import transaction

from accounts.machines import Principal
from audit import ledger
from audit.ledger import Subject
from onboarding.evidence import packs
from onboarding.evidence.packs import Pack
from onboarding.models import Order


def fetch_evidence(order: Order, *, by: Principal) -> Pack:
    """Make the evidence pack of an order and note that it was fetched, with its hash.

    The entry is about the pack and not about the order, so that fetching does not change what is
    fetched. Raises EvidenceTooLarge.
    """
    tenant = order.tenant.uuid
    named = uuid5(order.uuid, "evidence"), f"Evidence of {order}"
    about = Subject("EvidencePack", *named, tenant, tenant)
    with ExitStack() as kept:
        pack = packs.made(order, by.actor)
        kept.enter_context(pack.file)
        with transaction.atomic():
            told = {"manifest": (None, f"sha256:{pack.sha256}")}
            ledger.note("fetched evidence", about, by=by.actor, changes=told)
        kept.pop_all()  # whoever hands it out closes it
    return pack
