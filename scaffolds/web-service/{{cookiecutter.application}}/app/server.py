"""The web server. `page` says what is answered: begin there."""

import json
import logging
import os
import signal
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from app import NAME

log = logging.getLogger(__name__)


def page(path: str) -> tuple[HTTPStatus, dict[str, str]]:
    """Return status and content for a path."""
    if path == "/healthz":
        return HTTPStatus.OK, {"status": "ok"}
    if path == "/":
        return HTTPStatus.OK, {"application": NAME, "version": os.environ.get("VERSION", "unknown")}
    return HTTPStatus.NOT_FOUND, {"error": "There is nothing here."}


class Visit(BaseHTTPRequestHandler):
    """One connection of a browser or a probe."""

    protocol_version = "HTTP/1.1"
    timeout = 5  # seconds an idle connection is kept; a stop waits this long at most

    def do_GET(self) -> None:
        began = time.monotonic()
        path = urlsplit(self.path).path
        status, content = page(path)
        body = json.dumps(content).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.note(path, status, time.monotonic() - began)

    do_HEAD = do_GET

    def note(self, path: str, status: HTTPStatus, seconds: float) -> None:
        if path == "/healthz" and status == HTTPStatus.OK:
            return  # probes would drown everything else
        fields = {
            "method": self.command,
            "path": path,
            "status": int(status),
            "milliseconds": round(seconds * 1000, 1),
            "client": self.client_address[0],
        }
        log.info("answered", extra={"fields": fields})

    def log_message(self, format: str, *args: object) -> None:
        """Keep the standard library's own lines for errors only, see log_error."""

    def log_error(self, format: str, *args: object) -> None:
        log.warning(format, *args)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing the server waits for requests under way


def run(port: int, drain_seconds: float) -> None:
    """Serve until SIGTERM or SIGINT, then let go gently.

    The cluster goes on sending requests for a moment after SIGTERM, until every node knows that
    this copy is leaving: those `drain_seconds` long they are still answered.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with Server(("0.0.0.0", port), Visit) as server:
        accepting = threading.Thread(target=server.serve_forever)
        accepting.start()
        log.info("listening", extra={"fields": {"port": server.server_address[1]}})
        stop.wait()
        log.info("stopping")
        time.sleep(drain_seconds)
        server.shutdown()
        accepting.join()
    log.info("stopped")
