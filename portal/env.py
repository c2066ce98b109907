"""Typed readers of environment variables. Every fault is collected and told at once.

`NAME_FILE` may hold the path of a file with the value of `NAME`, for secrets mounted as files.
"""

import base64
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from urllib.parse import urlencode, urlsplit
from django.core.exceptions import ImproperlyConfigured

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


def integer(name: str, *, default: int, least: int = 0) -> int:
    """Return the variable as a whole number of at least `least`."""
    raw = text(name, default=str(default))
    if not raw.isdigit() or int(raw) < least:
        _faults.append(f"{name} must be a whole number of at least {least}")
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


def faults() -> list[str]:
    """Return what was wrong with the variables read so far."""
    return list(_faults)
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


def file(name: str) -> Path | None:
    """Return the variable as a path, or None when it is not set."""
    raw = text(name)
    return Path(raw) if raw else None




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


def database(kind: str, folder: Path, bundle: Path | None = None) -> dict[str, Any]:
    """Return Django's settings of the database: `sqlite` in the folder, or `postgresql`.

    `bundle` holds the authorities that its server's certificate is checked with.
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
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": text("BERTH_DATABASE_NAME", default="berth"),
        "USER": text("BERTH_DATABASE_USER", default="berth"),
        "PASSWORD": text("BERTH_DATABASE_PASSWORD"),
        "HOST": text("BERTH_DATABASE_HOST"),
        "PORT": text("BERTH_DATABASE_PORT"),
    }


        "OPTIONS": _database_tls(bundle),
def reading(database: dict[str, Any]) -> dict[str, Any]:
    """Return a second way into the database, for long reads such as exports: it cannot write.

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


    On SQLite its transactions are deferred, so that they never hold the writer's lock.
    """
    postgresql = {"options": "-c default_transaction_read_only=on"}
    sqlite = {
        "transaction_mode": "DEFERRED",
        "timeout": 20,
        "init_command": "PRAGMA query_only=ON;",
    }
    is_sqlite = database["ENGINE"].endswith("sqlite3")
    return {
        **database,
        "OPTIONS": sqlite if is_sqlite else {**database["OPTIONS"], **postgresql},
        "TEST": {"MIRROR": "default"},
    }
