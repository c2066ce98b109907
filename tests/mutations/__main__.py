"""Try every break of the table and write docs/mutations.md: `make mutants`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from tests.mutations import breaking, page
from tests.mutations.breaking import Break, Result

HOUR = 3600.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="a part of a file's path, or of the reason")
    parser.add_argument("--at-once", type=int, default=2, help="how many copies are tried")
    given = parser.parse_args()
    table = breaking.table()
    entries = [each for each in table if given.only in f"{each.file}: {each.why}"]
    faults = [fault for each in entries if (fault := breaking.fault(each))]
    if faults:
        say("\n".join(faults))
        return 2
    with tempfile.TemporaryDirectory(prefix="berth-mutants-") as folder:
        results = try_all(entries, Path(folder), given.at_once)
    if results is None:
        return 2
    page.write(table, results)
    return summed_up(results)


def try_all(entries: Sequence[Break], folder: Path, at_once: int) -> list[Result] | None:
    """Try the entries in several copies; None when the tests fail in a tree that is whole."""
    trees = [breaking.copy_tree(folder / str(number)) for number in range(at_once)]
    free: SimpleQueue[Path] = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def in_a_copy(entry: Break) -> Result:
        tree = free.get()
        try:
            result = breaking.tried(entry, tree)
        finally:
            free.put(tree)
        say(told(result))
        return result

    with ThreadPoolExecutor(at_once) as pool:
        if not all(pool.map(holds, trees, shares(entries, at_once))):
            return None
        return list(pool.map(in_a_copy, entries))


def shares(entries: Sequence[Break], count: int) -> list[list[str]]:
    """Return every test that is named, once, in so many shares."""
    tests = sorted({test for entry in entries for test in entry.tests})
    return [tests[number::count] for number in range(count)]


def holds(tree: Path, tests: Sequence[str]) -> bool:
    """Say whether the tests pass before anything is broken: else nothing could be told."""
    code, words = breaking.run(tests, tree, seconds=HOUR) if tests else (0, "")
    if code:
        say(f"These tests fail before anything is broken:\n{words[-2000:]}")
    return code == 0


def told(result: Result) -> str:
    entry = result.entry
    fate = result.trouble or result.killer or "SURVIVED"
    return f"{'ok  ' if result.is_right else 'LOOK'} {entry.number:3} {entry.file}: {fate}"


def summed_up(results: Sequence[Result]) -> int:
    wrong = [result for result in results if not result.is_right]
    killed = sum(bool(result.killer) for result in results)
    say(f"breaks: {len(results)}  noticed: {killed}  explained: {len(results) - killed}")
    for result in wrong:
        say(f"{told(result)}\n     {result.entry.why}")
    return 1 if wrong else 0


def say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
