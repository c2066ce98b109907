"""Joins a cluster: shows and applies what the portal needs there, and makes its own account."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.doers import command_line
from fleet import groundwork, joining, toolbox
from fleet.actions import Place
from fleet.models import Connection
from fleet.ports import Administration, Ref
from portal.errors import BerthError

HELP = """Join a cluster with any kubeconfig. It is used once, to apply the portal's account, roles
and guards and to make the account's first token; it is stored nowhere."""


class Command(BaseCommand):
    help = HELP

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", default="", help="the cluster's name in the fleet")
        parser.add_argument("--context", default="", help="of the kubeconfig; its current one")
        parser.add_argument(
            "--kubeconfig", type=Path, help="file; else KUBECONFIG or ~/.kube/config"
        )
        parser.add_argument("--region", help="needed for a new cluster")
        parser.add_argument(
            "--environment",
            action="append",
            metavar="SLUG",
            help="which the cluster takes; may be repeated. A new cluster takes all without it",
        )
        parser.add_argument(
            "--pack", help="by which new placements are laid out there; else the portal's"
        )
        parser.add_argument("--yes", action="store_true", help="apply without asking")
        parser.add_argument(
            "--print-yaml",
            action="store_true",
            help="print what would be applied and stop, to deliver it by Git",
        )
        parser.add_argument(
            "--applied", action="store_true", help="apply nothing: it was delivered by Git"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="let this cluster take the place of another that joined under the name",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["print_yaml"]:
            self.stdout.write(groundwork.text())
            return
        if not options["name"]:
            raise CommandError("Say the name that the cluster has in the fleet.")
        try:
            self._join(options)
        except BerthError as error:
            raise CommandError(
                f"{error.detail or error.code}\nThe cluster was not joined."
            ) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error

    def _join(self, options: dict[str, Any]) -> None:
        place = Place(
            options["name"],
            options["region"],
            options["environment"],
            options["replace"],
            options["pack"],
        )
        admin = toolbox.administration(
            place.name, kubeconfig=options["kubeconfig"], context=options["context"]
        )
        joining.check(place, admin)
        if not options["applied"]:
            self._apply(admin, ask=not options["yes"])
        self._report(joining.join(place, admin, by=command_line()))

    def _apply(self, admin: Administration, *, ask: bool) -> None:
        self.stdout.write(f"To be applied on {admin.endpoint.server}:")
        for wave in groundwork.waves():
            for manifest in wave:
                self.stdout.write(f"  {Ref.of(manifest)}")
        if ask and input("Apply these? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was applied.")
        self.stdout.write(f"{joining.apply_groundwork(admin)} objects are there.\n")

    def _report(self, connection: Connection) -> None:
        self.stdout.write(f"What was found on {connection.cluster.slug}:")
        for finding in connection.findings:
            self.stdout.write(f"  {finding['level']:<10} {finding['text']}")
            if finding["fix"]:
                self.stdout.write(f"  {'':<10} {finding['fix']}")
        self.stdout.write(
            f"{connection.cluster.slug} has joined. The portal's token there lasts until "
            f"{connection.token_expires_at:%Y-%m-%d} and is renewed before."
        )
