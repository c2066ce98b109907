"""A real OpenLDAP server on loopback, in a folder of its own; the system's is not touched."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic

import ldap3
import pytest

from onboarding.entitlement.directory import Directory, Groups, People
from tests.fleet import fake_api

PROGRAMS = "/usr/sbin:/usr/local/sbin:/usr/bin"
SLAPD = shutil.which("slapd", path=PROGRAMS)
NEEDED = pytest.mark.skipif(SLAPD is None, reason="no slapd on this machine")
ROOT = "dc=example,dc=org"
PEOPLE, GROUPS = f"ou=people,{ROOT}", f"ou=groups,{ROOT}"
PORTAL, PASSWORD = f"cn=berth,{ROOT}", "p0rtal-password"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{ROOT}", "admin-password"
NOBODY = f"cn=nobody,{ROOT}"  # a group of names may not be empty
SIZE_LIMIT = 500  # entries of an answer
CONFIGURATION = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
argsfile {folder}/args
TLSCertificateFile {folder}/server.pem
TLSCertificateKeyFile {folder}/server.key
database mdb
suffix "{root}"
rootdn "{admin}"
rootpw {admin_password}
directory {folder}/database
maxsize 1073741824
dbnosync
index objectClass,uid,cn,member eq
limits dn.exact="{portal}" size.soft={size} size.hard={size} size.prtotal={total}
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=hidden,{groups}" attrs=cn by * none
access to * by dn.exact="{portal}" read by anonymous auth by * none
"""
Entry = tuple[str, Mapping[str, Sequence[str]]]


@dataclass
class Slapd:
    """The running server: its ports, its process, and its authority (PEM)."""

    process: "subprocess.Popen[bytes]"
    bundle: Path
    plain: str
    tls: str
    groups: list[str] = field(default_factory=list)

    def directory(self, **changes: object) -> Directory:
        """Return how the portal asks it."""
        asked: dict[str, object] = {
            "url": self.tls,
            "bind_dn": PORTAL,
            "password": PASSWORD,
            "people": People(PEOPLE, "(&(objectClass=inetOrgPerson)(uid={}))"),
            "groups": Groups(GROUPS),
            "seconds": 10,
        }
        return Directory(**(asked | changes))  # type: ignore[arg-type] # each by its name

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start it as it was before it was killed."""
        words, quiet = self.process.args, subprocess.DEVNULL
        self.process = subprocess.Popen(words, stdout=quiet, stderr=quiet)
        _wait_for(self.plain, self.process)

    def put(self, group: str, *members: str) -> None:
        """Make a group, or give it these members instead."""
        asked = ldap3.Server(self.plain, get_info="NO_INFO")
        with ldap3.Connection(asked, ADMIN, ADMIN_PASSWORD) as admin:
            add: Callable[..., object] = admin.add
            modify: Callable[..., object] = admin.modify
            if group not in self.groups:
                self.groups.append(group)
                add(group_dn(group), "groupOfNames", {"member": [NOBODY]})
            standing = list(dict.fromkeys((NOBODY, *members)))
            modify(group_dn(group), {"member": [(ldap3.MODIFY_REPLACE, standing)]})
            assert admin.result["description"] == "success", admin.result


def person_dn(name: str) -> str:
    return f"uid={name},{PEOPLE}"


def group_dn(name: str) -> str:
    return f"cn={name},{GROUPS}"


@contextmanager
def running(
    folder: Path, entries: Sequence[Entry] = (), *, total: str = "unlimited"
) -> Iterator[Slapd]:
    """Start a server with the entries; `total` limits what all pages of one search hold."""
    assert SLAPD is not None
    (folder / "database").mkdir()
    certificate, key = fake_api.certificate()
    (folder / "server.pem").write_bytes(certificate)
    (folder / "server.key").write_bytes(key)
    (folder / "slapd.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            root=ROOT,
            admin=ADMIN,
            admin_password=ADMIN_PASSWORD,
            portal=PORTAL,
            groups=GROUPS,
            size=SIZE_LIMIT,
            total=total,
        )
    )
    (folder / "entries.ldif").write_text(_ldif((*_ground(), *entries)))
    conf = folder / "slapd.conf"
    subprocess.run(
        [_program("slapadd"), "-q", "-f", conf, "-l", folder / "entries.ldif"], check=True
    )
    plain, tls = (f"{scheme}://127.0.0.1:{_free_port()}" for scheme in ("ldap", "ldaps"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [SLAPD, "-d", "0", "-f", conf, "-h", f"{plain}/ {tls}/"], stdout=log, stderr=log
        )
    made = Slapd(process, folder / "server.pem", plain, tls)
    try:
        _wait_for(plain, process)
        yield made
    finally:
        made.kill()


def people(*names: str) -> Iterator[Entry]:
    for name in names:
        yield person_dn(name), {"objectClass": ["inetOrgPerson"], "sn": [name], "cn": [name]}


def group(name: str, *members: str) -> Entry:
    """Return a group with the DNs of its members."""
    return group_dn(name), {"objectClass": ["groupOfNames"], "member": [NOBODY, *members]}


def _ground() -> Iterator[Entry]:
    yield ROOT, {"objectClass": ["dcObject", "organization"], "o": ["Example"]}
    for unit in (PEOPLE, GROUPS, f"ou=hidden,{GROUPS}"):
        yield unit, {"objectClass": ["organizationalUnit"]}
    secret = {"userPassword": [PASSWORD], "objectClass": ["simpleSecurityObject", "device"]}
    yield PORTAL, secret


def _ldif(entries: Sequence[Entry]) -> str:
    blocks = []
    for dn, attributes in entries:
        naming, _, value = dn.split(",")[0].partition("=")
        lines = [f"dn: {dn}", f"{naming}: {value}"]
        lines += [f"{name}: {each}" for name, values in attributes.items() for each in values]
        blocks.append("\n".join(dict.fromkeys(lines)))
    return "\n\n".join(blocks) + "\n"


def _program(name: str) -> str:
    found = shutil.which(name, path=PROGRAMS)
    assert found is not None
    return found


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    port = int(address.rpartition(":")[2])
    ends, pause = monotonic() + 20, Event()
    while process.poll() is None and monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            pause.wait(0.02)
        else:
            return
    raise AssertionError("slapd did not start")
