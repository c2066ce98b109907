"""Kubernetes quantities as people say them."""

from decimal import Decimal, InvalidOperation

UNITS = {"Ki": "KiB", "Mi": "MiB", "Gi": "GiB", "Ti": "TiB"}


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
    return f"{number} {UNITS[unit]}" if unit in UNITS else quantity
