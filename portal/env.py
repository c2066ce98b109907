"""Typed readers of environment variables. Every fault is collected and told at once.

`NAME_FILE` may hold the path of a file with the value of `NAME`, for secrets mounted as files.
"""

import base64
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

WHOLE = re.compile("[0-9]{1,15}")  # `isdigit` would also take what `int` refuses

# Without these a server that vanished (no goodbye, no packet) holds a process for many minutes.
LOST = {"connect_timeout": 10, "keepalives_idle": 30, "tcp_user_timeout": 30_000}

_faults: list[str] = []


def text(name: str, *, default: str = "") -> str:
    """Return the variable, or the content of the file at `NAME_FILE`, or the default."""
    path = os.environ.get(f"{name}_FILE", "")
    if not path:
        return os.environ.get(name, default)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        _faults.append(f"{name}_FILE cannot be read: {error.strerror}")
        return default


def flag(name: str, *, default: bool) -> bool:
    """Return the variable as a boolean; only `True` and `False` are taken."""
    raw = text(name, default=str(default))
    if raw not in {"True", "False"}:
        _faults.append(f"{name} must be True or False")
    return raw == "True"


def integer(name: str, *, default: int, least: int = 0, most: int | None = None) -> int:
    """Return the variable as a whole number of at least `least` and at most `most`."""
    raw = text(name, default=str(default))
    if not WHOLE.fullmatch(raw) or int(raw) < least:
        _faults.append(f"{name} must be a whole number of at least {least}")
        return default
    if most is not None and int(raw) > most:
        _faults.append(f"{name} must be at most {most}")
        return default
    return int(raw)


def choice(name: str, allowed: Sequence[str], *, default: str) -> str:
    """Return the variable if it is one of the allowed words."""
    raw = text(name, default=default)
    if raw not in allowed:
        _faults.append(f"{name} must be one of {', '.join(allowed)}")
        return default
    return raw


def choices(name: str, allowed: Sequence[str], *, default: str) -> list[str]:
    """Return a comma-separated variable, at least one word, each of them an allowed one."""
    found = words(name, default=default)
    if not found or not set(found) <= set(allowed):
        _faults.append(f"{name} must be one or more of {', '.join(allowed)}")
    return found


def words(name: str, *, default: str = "") -> list[str]:
    """Return a comma-separated variable as a list without empty entries."""
    return [word.strip() for word in text(name, default=default).split(",") if word.strip()]


def address(name: str, *, schemes: Sequence[str]) -> str:
    """Return the variable if it is "" or a URL with one of the schemes and a host."""
    raw = text(name)
    try:
        found = urlsplit(raw)
        fits = found.scheme in schemes and found.hostname and found.port != 0
    except ValueError:  # the port is no number
        fits = False
    if raw and not fits:
        allowed = " or ".join(f"{scheme}://" for scheme in schemes)
        _faults.append(f"{name} must be an address that begins with {allowed}")
        return ""
    return raw


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return a comma-separated variable as networks, such as 10.0.0.0/8; one address is one too."""
    found = []
    for word in words(name):
        try:
            found.append(ip_network(word))
        except ValueError:
            _faults.append(f"{name} must be networks such as 10.20.0.0/16, separated by commas")
    return found


def file(name: str) -> Path | None:
    """Return the variable as a path, or None when it is not set."""
    raw = text(name)
    return Path(raw) if raw else None


def faults() -> list[str]:
    """Return what was wrong with the variables read so far."""
    return list(_faults)


def refuse_faults() -> None:
    """Raise ImproperlyConfigured with every fault in one message; called when settings are read."""
    told = "; ".join(_faults)
    _faults.clear()  # Django may read the settings a second time
    if told:
        raise ImproperlyConfigured(f"The environment is not right: {told}.")


def pairs(name: str, *, default: str = "") -> dict[str, str]:
    """Return `a=b,c=d` as a mapping."""
    found: dict[str, str] = {}
    for word in words(name, default=default):
        key, sign, value = word.partition("=")
        if not sign or not key.strip():
            _faults.append(f"{name} must be a list of name=value, separated by commas")
        found[key.strip()] = value.strip()
    return found


def secret(name: str, *, folder: Path, embedded: bool) -> str:
    """Return a secret variable. An embedded portal makes one at first use and keeps it in a file.

    Elsewhere a missing secret is a fault: two processes must never make up different ones.
    """
    value = text(name)
    if value:
        return value
    if not embedded:
        _faults.append(f"{name} or {name}_FILE must be set when BERTH_EMBEDDED is False")
        return ""
    return _kept_secret(folder / "keys" / name.lower())


def _kept_secret(path: Path) -> str:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
        # link, unlike rename, refuses to replace: of several first starts one secret wins
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="utf-8").strip()


def database(
    kind: str, folder: Path, bundle: Path | None = None, *, is_web: bool = False
) -> dict[str, Any]:
    """Return Django's settings of the database: `sqlite` in the folder, or `postgresql`.

    `bundle` holds the authorities that its server's certificate is checked with. A web process
    keeps a pool of connections; others do not, for a pool must not cross the fork of a job.
    """
    if kind == "sqlite":
        folder.mkdir(parents=True, exist_ok=True)
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": folder / "berth.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    pool = _pool()
    limit = integer("BERTH_DATABASE_SECONDS", default=30, least=1)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": text("BERTH_DATABASE_NAME", default="berth"),
        "USER": text("BERTH_DATABASE_USER", default="berth"),
        "PASSWORD": text("BERTH_DATABASE_PASSWORD"),
        "HOST": text("BERTH_DATABASE_HOST"),
        "PORT": text("BERTH_DATABASE_PORT"),
        # a connection that the server has dropped meanwhile is noticed before it is used
        "CONN_HEALTH_CHECKS": True,
        # the sweeper looks every second, and would connect every second
        "CONN_MAX_AGE": 0 if is_web else 60,
        "OPTIONS": {
            **_database_tls(bundle),
            **LOST,
            **(pool if is_web else {}),
            # migrations and the verification of the ledger may take longer than a page
            "options": _limits(statement=limit if is_web else 0, idle=60),
        },
    }


def _pool() -> dict[str, Any]:
    """Return the pool of a web process: as many connections as threads, so that none waits."""
    most = integer("BERTH_DATABASE_POOL", default=16)
    sizes = {"min_size": min(2, most), "max_size": most}
    # who waits longer is told. Few stay idle: each that a failover cut costs a request a second
    patience = {"timeout": 10, "max_idle": 60, "max_lifetime": 3600}
    return {"pool": {**sizes, **patience}} if most else {}


def _limits(*, statement: int, idle: int) -> str:
    """Return the server's limits in seconds; 0 is none.

    A transaction that does nothing for `idle` is ended: its process hangs, and holds locks.
    """
    limits = {
        "statement_timeout": statement,
        "lock_timeout": 10,
        "idle_in_transaction_session_timeout": idle,
    }
    return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())


def _database_tls(bundle: Path | None) -> dict[str, str]:
    """Return what libpq is told: nothing, or to check the chain and the name."""
    if choice("BERTH_DATABASE_TLS", ["prefer", "verify-full"], default="prefer") == "prefer":
        return {}
    return {"sslmode": "verify-full", "sslrootcert": str(bundle or "system")}


def queue(url: str, bundle: Path | None) -> str:
    """Return the queue's address; over TLS its server is checked with the bundle, if there is one.

    Authorities that the address names itself go before.
    """
    if bundle is None or urlsplit(url).scheme != "rediss":
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode({'ssl_ca_certs': bundle})}"


def reading(database: dict[str, Any]) -> dict[str, Any]:
    """Return a second way into the database, for long reads such as exports: it cannot write.

    On SQLite its transactions are deferred, so that they never hold the writer's lock.
    """
    is_sqlite = database["ENGINE"].endswith("sqlite3")
    options = database["OPTIONS"]
    postgresql = {name: options[name] for name in options if name != "pool"}
    # whoever reads an export slowly may take a while between two rows
    slow = f"{_limits(statement=600, idle=600)} -c default_transaction_read_only=on"
    sqlite = {
        "transaction_mode": "DEFERRED",
        "timeout": 20,
        "init_command": "PRAGMA query_only=ON;",
    }
    return {
        **database,
        "CONN_MAX_AGE": 0,
        "OPTIONS": sqlite if is_sqlite else {**postgresql, "options": slow},
        "TEST": {"MIRROR": "default"},
    }
