"""Asks several clusters at the same time, so that silent ones cost one wait and not one each."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from portal.errors import BerthError

AT_ONCE = 16

Answer = TypeVar("Answer")


def ask(questions: Sequence[Callable[[], Answer]]) -> list[Answer | BerthError]:
    """Return the answers in order, or the error that took an answer's place.

    The questions run in threads: they may use adapters, and never the database.
    """
    if not questions:
        return []
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        return list(threads.map(_answer, questions))


def _answer(question: Callable[[], Answer]) -> Answer | BerthError:
    try:
        return question()
    except BerthError as error:
        return error
