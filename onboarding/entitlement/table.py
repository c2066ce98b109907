"""Rules of a policy as a table (CSV): a rule a row, its keys as columns, lists with `|` in a cell.

effect,groups,actions,tenant,applications,environments
permit,payments-developers,onboard|resize,payments,*,dev|test
"""

import csv
import hashlib
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from portal.strict_yaml import Content, Unreadable, bytes_of

BETWEEN = "|"
VERSION = 1  # of the columns


def read(path: Path, lists: Collection[str]) -> Content:
    """Read a table as YAML would hold it; cells of the columns `lists` are lists.

    Raises Unreadable in words, or OSError.
    """
    raw = bytes_of(path)
    try:
        rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True), strict=True))
    except (ValueError, csv.Error) as error:
        raise Unreadable(f"The file is no CSV that can be read: {error}") from error
    rules = list(_rules(rows, lists))
    return Content({"version": VERSION, "rules": rules}, hashlib.sha256(raw).hexdigest())


def _rules(rows: Sequence[Sequence[str]], lists: Collection[str]) -> Iterator[dict[str, Any]]:
    columns = [cell.strip() for cell in rows[0]] if rows else []
    if not columns or len(set(columns)) < len(columns):
        raise Unreadable("The first row must name every column once.")
    for number, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if len(cells) != len(columns):
            raise Unreadable(f"Row {number} has {len(cells)} cells instead of {len(columns)}.")
        named = dict(zip(columns, cells, strict=True))
        # an empty cell is a key that is left out
        yield {
            key: [each.strip() for each in cell.split(BETWEEN)] if key in lists else cell
            for key, cell in named.items()
            if cell
        }
