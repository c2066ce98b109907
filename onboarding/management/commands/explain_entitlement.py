"""Says who permitted or refused something: of an order afterwards, or of a wish beforehand."""

from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.doers import command_line
from accounts.models import User
from onboarding import actions, toolbox
from onboarding.display import reasons
from onboarding.form.supposing import SupposeForm
from onboarding.models import Order
from tenants import lookups as record
from tenants.models import Application

WISH = {
    "person": "who would ask: a user name, an e-mail address, or an identity such as local:dana",
    "action": "what for: onboard, resize, offboard or approve",
    "application": "for which application, as tenant/application",
    "environment": "in which environment",
}


class Command(BaseCommand):
    help = (
        "Print every kept answer to whether the requester may have an order, oldest first. Or ask "
        "now what would be answered to somebody's wish; that decides nothing and leaves one entry "
        "in the ledger."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("order", type=int, nargs="?", help="the number of the order")
        for name, what in WISH.items():
            parser.add_argument(f"--{name}", help=what)

    def handle(self, *args: Any, **options: Any) -> None:
        wish = {name: options[name] for name in WISH if options[name] is not None}
        if wish and options["order"] is not None:
            raise CommandError("Name an order, or what somebody would ask for; not both.")
        if not wish and options["order"] is None:
            raise CommandError(f"Name an order, or what somebody would ask for: {_flags(WISH)}.")
        self._print(_supposed(wish) if wish else _kept(options["order"]))

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            # what sources said is foreign, and must not move the cursor
            self.stdout.write("".join(char if char.isprintable() else "�" for char in line))


def _kept(number: int) -> Iterable[str]:
    order = Order.objects.select_related("requester").filter(pk=number).first()
    if order is None:
        raise CommandError(f"There is no order {number}.")
    return reasons.trace(order)


def _supposed(wish: dict[str, str]) -> Iterable[str]:
    form = SupposeForm(
        wish,
        people=User.objects.all(),
        applications=Application.objects.select_related("tenant"),
        environments=record.environments(),
    )
    if not form.is_valid():
        faults = (f"--{name}: {each}" for name, found in form.errors.items() for each in found)
        raise CommandError(" ".join(map(str, faults)))
    supposed = actions.suppose(form.wish(), by=command_line(), sources=toolbox.sources())
    return reasons.supposed(supposed)


def _flags(names: Iterable[str]) -> str:
    return ", ".join(f"--{name}" for name in names)
