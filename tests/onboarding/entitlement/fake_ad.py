"""A small stand-in for Active Directory on loopback: it goes up nested groups by the in-chain rule.

It speaks enough LDAP to answer a simple bind and searches, and notes the filters it was asked with.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

from onboarding.entitlement.directory import IN_CHAIN

Entry = Mapping[str, Sequence[str]]
SEQUENCE, SET, TEXT, NUMBER, CHOICE = 0x30, 0x31, 0x04, 0x02, 0x0A
BIND, BOUND, SEARCH, ENTRY, DONE = 0x60, 0x61, 0x63, 0x64, 0x65
AND, OR, EQUAL = 0xA0, 0xA1, 0xA3


class FakeAd:
    """`entries` are by DN, in small letters; `rules` are the matching rules that were used.

    `damage` changes what is sent.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = entries
        self.address = ""
        self.rules: list[str] = []
        self.damage: Callable[[bytes], bytes] = lambda answer: answer

    def answers(self, asked: bytes) -> bytes:
        ((_, message),) = _parts(asked)
        (_, number), (operation, body), *_ = _parts(message)
        if operation == BIND:
            return _message(number, BOUND, _result())
        if operation != SEARCH:
            return b""
        parts = list(_parts(body))
        below, wanted = parts[0][1].decode().lower(), parts[6]
        found = [dn for dn in self.entries if dn.endswith(below) and self._holds(wanted, dn)]
        told = [_message(number, ENTRY, _entry(dn, self.entries[dn])) for dn in found]
        return b"".join([*told, _message(number, DONE, _result())])

    def _holds(self, wanted: tuple[int, bytes], dn: str) -> bool:
        kind, parts = wanted[0], list(_parts(wanted[1]))
        if kind in {AND, OR}:
            return (all if kind == AND else any)([self._holds(each, dn) for each in parts])
        texts = [body.decode().lower() for _, body in parts]
        if kind == EQUAL:
            return texts[1] in self.entries[dn].get(texts[0], ())
        rule, _, value = texts[:3]
        self.rules.append(rule)
        return rule == IN_CHAIN and self._is_in(value, dn, frozenset())

    def _is_in(self, member: str, group: str, been: frozenset[str]) -> bool:
        inside = self.entries.get(group, {}).get("member", ())
        further = [each for each in inside if each not in been]
        return member in inside or any(
            self._is_in(member, each, been | {group}) for each in further
        )


@contextmanager
def running(entries: Mapping[str, Entry]) -> Iterator[FakeAd]:
    fake = FakeAd(entries)

    class Answering(BaseRequestHandler):
        def handle(self) -> None:
            # who has heard enough hangs up in the middle
            with suppress(ConnectionError):
                self.talk()

        def talk(self) -> None:
            while asked := self.request.recv(65_536):
                self.request.sendall(fake.damage(fake.answers(asked)))

    with ThreadingTCPServer(("127.0.0.1", 0), Answering) as server:
        fake.address = f"ldap://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield fake
        server.shutdown()
        thread.join()


def _parts(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the tags and contents that stand one after another (BER)."""
    while body:
        tag, size, start = body[0], body[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(body[2:start], "big")
        yield tag, body[start : start + size]
        body = body[start + size :]


def _message(number: bytes, tag: int, body: bytes) -> bytes:
    return _ber(SEQUENCE, _ber(NUMBER, number) + _ber(tag, body))


def _result() -> bytes:
    return _ber(CHOICE, b"\0") + _ber(TEXT, b"") + _ber(TEXT, b"")


def _entry(dn: str, attributes: Entry) -> bytes:
    told = b"".join(
        _ber(SEQUENCE, _text(name) + _ber(SET, b"".join(map(_text, values))))
        for name, values in attributes.items()
    )
    return _text(dn) + _ber(SEQUENCE, told)


def _text(text: str) -> bytes:
    return _ber(TEXT, text.encode())


def _ber(tag: int, body: bytes) -> bytes:
    return bytes([tag, 0x84]) + len(body).to_bytes(4, "big") + body
