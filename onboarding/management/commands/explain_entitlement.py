"""Says of an order who permitted or refused it: which source, rule, fact and revision, and when."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from onboarding.display import reasons
from onboarding.models import Order


class Command(BaseCommand):
    help = "Print every kept answer to whether the requester may have an order, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("order", type=int, help="the number of the order")

    def handle(self, *args: Any, **options: Any) -> None:
        order = Order.objects.select_related("requester").filter(pk=options["order"]).first()
        if order is None:
            raise CommandError(f"There is no order {options['order']}.")
        for line in reasons.trace(order):
            # what sources said is foreign, and must not move the cursor
            self.stdout.write("".join(char if char.isprintable() else "�" for char in line))
