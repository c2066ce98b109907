"""Kubernetes quantities as people say them, and how much they are."""

import re
from decimal import Decimal, InvalidOperation

UNITS = {"Ki": "KiB", "Mi": "MiB", "Gi": "GiB", "Ti": "TiB"}
# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
SUFFIXES: dict[str, Decimal] = {
    "": Decimal(1),
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", start=1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", start=1)},
    **{letter: Decimal(1000) ** -power for power, letter in enumerate("mun", start=1)},
}
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")

LIMITS = {
    "requests.cpu": "CPU guaranteed",
    "requests.memory": "Memory guaranteed",
    "limits.cpu": "CPU at most",
    "limits.memory": "Memory at most",
    "requests.storage": "Storage",
    "pods": "Pods",
}


def amount(quantity: str) -> Decimal:
    """Return how much a quantity is, in units, cores or bytes. Raises ValueError for no quantity.

    A cluster may write one another way than we did: 1 GiB as 1Gi, 1024Mi or 1073741824.
    """
    found = _QUANTITY.fullmatch(quantity)
    if found is None or found[2] not in SUFFIXES:
        raise ValueError(f"{quantity} is no quantity")
    return Decimal(found[1]) * SUFFIXES[found[2]]


def name(limit: str) -> str:
    """Return what people call a limit of a quota."""
    return LIMITS.get(limit, limit)


def of(limit: str, quantity: str) -> str:
    """Say a quantity of a limit."""
    if limit.endswith("cpu"):
        return cpu(quantity)
    return memory(quantity) if limit.endswith(("memory", "storage")) else quantity


def cpu(quantity: str) -> str:
    """Say a CPU quantity in cores: `500m` is 0.5 CPU."""
    try:
        cores = Decimal(quantity.removesuffix("m")) / (1000 if quantity.endswith("m") else 1)
    except InvalidOperation:
        return f"{quantity} CPU"
    return f"{cores.normalize():f} CPU"


def memory(quantity: str) -> str:
    """Say a memory quantity: `4Gi` is 4 GiB."""
    number, unit = quantity[:-2], quantity[-2:]
    if unit in UNITS:
        return f"{number} {UNITS[unit]}"
    return f"{int(quantity) / 1024**2:.0f} MiB" if quantity.isdecimal() else quantity
