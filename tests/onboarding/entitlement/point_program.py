"""A decision point that is a program: `point_program.py PORT PERMITTED_GROUP [PEM]`.

It decides by the groups of a question, until a line of JSON on its standard input tells it what to
do instead. To every line it answers with what it was asked so far. It ends when the input does.
"""

import json
import os
import signal
import socket
import ssl
import struct
import sys
from contextlib import suppress
from http.client import parse_headers
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Any

PERMITTED = sys.argv[2]
never = Event()
told: dict[str, Any] = {}
asked: list[str] = []


class Point(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self.tls is not None:
            connection = self.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever asks may hang up, and may not trust us."""


class Answering(StreamRequestHandler):
    def handle(self) -> None:
        line = self.rfile.readline().decode()
        headers = parse_headers(self.rfile)
        body = self.rfile.read(int(headers.get("Content-Length", 0)))
        asked.append(line.split()[1])
        deed = dict(told) or {"body": json.dumps(decided(json.loads(body)))}
        never.wait(deed.get("wait", 0))
        with suppress(OSError):
            self.say(deed)
        self.end(deed.get("then", ""))

    def say(self, deed: dict[str, Any]) -> None:
        """Send the answer, or its first `sent` bytes; with a `pause` they drip one by one."""
        body = (deed.get("body", "") + " " * deed.get("padding", 0)).encode()
        lines = {
            "Content-Type": deed.get("type", "application/json"),
            "Content-Length": str(deed.get("length", len(body))),
            **deed.get("headers", {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        whole = f"HTTP/1.1 {deed.get('status', 200)} Said\r\n{head}\r\n".encode() + body
        whole = whole[: deed.get("sent", len(whole))]
        step = 1 if deed.get("pause") else max(1, len(whole))
        for start in range(0, len(whole), step):
            never.wait(deed.get("pause", 0))
            self.wfile.write(whole[start : start + step])

    def end(self, then: str) -> None:
        if then == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if then == "resets":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())


def decided(question: dict[str, Any]) -> dict[str, Any]:
    """Decide as the standard has it, one question or several."""
    if "evaluations" in question:
        return {"evaluations": [decided(each) for each in question["evaluations"]]}
    groups = question["subject"]["properties"]["groups"]
    is_permitted = PERMITTED in groups
    return {"decision": is_permitted, "context": {"policy_revision": "r-1"}}


def main() -> None:
    with Point(("127.0.0.1", int(sys.argv[1])), Answering) as server:
        if len(sys.argv) > 3:
            server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            server.tls.load_cert_chain(sys.argv[3])
        Thread(target=server.serve_forever, daemon=True).start()
        say({"port": server.server_address[1]})
        for line in sys.stdin:
            change = json.loads(line)
            if change is not None:
                told.clear()
                told.update(change)
            say({"asked": asked})
        server.shutdown()


def say(fact: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(fact)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
