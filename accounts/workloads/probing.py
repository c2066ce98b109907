"""Trying whether the keys of an issuer of workload tokens can be had."""

from datetime import timedelta

from accounts import trials
from accounts.documents import USUAL
from accounts.workloads.trusted import Trusted
from accounts.workloads.verifying import LEEWAY
from portal import reaching
from portal.outbound import WayOut
from portal.reaching import Stages


def tried(issuer: Trusted, way: WayOut) -> Stages:
    """Try the keys where they are looked for: pinned, at their address, or by discovery."""
    if issuer.pinned is not None:
        yield from trials.usable(issuer.pinned)
        return
    address = issuer.keys_url
    if address:
        if not (yield from reaching.reached(address, way, seconds=USUAL.seconds)):
            return
    else:
        leeway = timedelta(seconds=LEEWAY)
        found = yield from trials.discovered(issuer.issuer, way=way, limits=USUAL, leeway=leeway)
        if found is None:
            return
        address = str(found.get("jwks_uri", ""))
    yield from trials.published(address, way=way, limits=USUAL)
