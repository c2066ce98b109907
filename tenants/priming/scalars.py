"""Values as YAML: double-quoted scalars that YAML 1.1 and 1.2 read alike, between two marks.

The marks are private code points that neither a template nor a written value can hold. They let
`documents.py` prove that every value became exactly one scalar, wherever a template put it.
"""

from collections.abc import Mapping

OPEN, CLOSE = "\ue000", "\ue001"

_SHORT = {'"': '\\"', "\\": "\\\\"}
_SURROGATES = range(0xD800, 0xE000)


def written(value: object) -> str:
    """Return the value as a marked scalar, or a mapping as a flow mapping of marked scalars.

    Raises TypeError for anything but text, whole numbers, booleans and mappings of these, and
    ValueError for text that no encoding can carry and numbers that Kubernetes would round.
    """
    if isinstance(value, Mapping):
        pairs = (f"{written(key)}: {written(each)}" for key, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, bool):
        return _marked("true" if value else "false")
    if isinstance(value, int):
        return _marked(_whole(value))
    if isinstance(value, str):
        return _marked('"' + "".join(map(_escaped, value)) + '"')
    raise TypeError(f"a value of type {type(value).__name__} cannot be written into YAML")


def _marked(scalar: str) -> str:
    return f"{OPEN}{scalar}{CLOSE}"


def _whole(number: int) -> str:
    if not -(2**63) <= number < 2**63:
        raise ValueError("a whole number of more than 64 bits cannot be written into YAML")
    return str(number)


def _escaped(character: str) -> str:
    """Return printable ASCII as it is and everything else as an escape of its whole code point."""
    point = ord(character)
    if point in _SURROGATES:
        raise ValueError("half a character (a lone surrogate) cannot be written into YAML")
    if 0x20 <= point < 0x7F:
        return _SHORT.get(character, character)
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
