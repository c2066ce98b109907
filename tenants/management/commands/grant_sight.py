"""Lets a machine's token see tenants of the record; `issue_token` made it."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.doers import command_line
from accounts.models import MachineToken
from tenants.actions import owners
from tenants.models import Tenant


class Command(BaseCommand):
    help = "Let a machine see tenants, or every tenant, over the API."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="what stands between berth_ and the dot of the token")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--tenant", action="append", help="slug; may be given several times")
        which.add_argument("--every-tenant", action="store_true")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        token = MachineToken.objects.filter(key=options["key"], owner=None).first()
        if token is None:
            raise CommandError(f"No machine has a token with the key {options['key']}.")
        for tenant in _tenants(options["tenant"]):
            made = owners.grant_sight(token, tenant, by=command_line())
            seen = tenant.slug if tenant else "every tenant"
            self.stdout.write(f"{token.name} sees {seen}{'' if made else ' already'}.")


def _tenants(slugs: list[str] | None) -> list[Tenant | None]:
    if slugs is None:
        return [None]
    known = {tenant.slug: tenant for tenant in Tenant.objects.filter(slug__in=slugs)}
    unknown = sorted(set(slugs) - known.keys())
    if unknown:
        raise CommandError(f"There is no tenant {', '.join(unknown)}.")
    return [known[slug] for slug in dict.fromkeys(slugs)]
