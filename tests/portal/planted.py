"""Plants secrets that nobody else has into a running portal, for the test that looks for them.

Run in the environment of that portal: `python -m tests.portal.planted`, with JSON as its input.
"""

import json
import sys
from datetime import timedelta

import django

django.setup()

from accounts.actions import make_token  # noqa: E402 (models can be imported only once Django is set up)
from accounts.models import Scope, User  # noqa: E402 (the same)
from audit.ledger import SYSTEM  # noqa: E402 (the same)
from fleet.models import Connection  # noqa: E402 (the same)
from portal import vault  # noqa: E402 (the same)
from portal.clock import now  # noqa: E402 (the same)
from tenants.catalogue import Environment  # noqa: E402 (the same)
from tenants.models import Cluster, Delivery  # noqa: E402 (the same)


def main() -> None:
    """Give dana a password and a cluster a token; print what only the database knows now."""
    wanted = json.load(sys.stdin)
    dana = User.objects.get(username="dana")
    dana.set_password(wanted["password"])
    dana.save(update_fields=["password"])
    cluster = Cluster.objects.create(slug="odd", region="odd", delivery=Delivery.API)
    cluster.environments.add(Environment.objects.get(slug="dev"))
    sealed = vault.sealed(wanted["cluster_token"])
    Connection.objects.create(
        cluster=cluster,
        cluster_uid="odd",
        server=wanted["server"],
        authority=wanted["authority"],
        token_sealed=sealed,
        token_expires_at=now() + timedelta(days=30),
        token_renew_at=now(),  # at once, so that renewing fails as well
        kubernetes_version="v1.36.3",
    )
    _, machine = make_token("robot", Scope.CMDB_READ, by=SYSTEM)
    sys.stdout.write(json.dumps({"sealed": sealed, "machine": machine}))


if __name__ == "__main__":
    main()
