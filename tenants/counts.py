"""How many rows belong to each row of a list."""

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def of(rows: QuerySet[Any], column: str) -> Coalesce:
    """Return the number of `rows` of which `column` names the row of the list, to annotate it with.

    Unlike a count over a join it is counted for what is shown only, and it multiplies no rows.
    """
    mine = rows.filter(**{column: OuterRef("pk")}).order_by().values(column)
    return Coalesce(Subquery(mine.annotate(number=Count("pk")).values("number")), 0)
