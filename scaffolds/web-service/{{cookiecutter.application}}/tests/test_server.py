import json
import threading
import unittest
from http import HTTPStatus
from urllib.error import HTTPError
from urllib.request import urlopen

from app import NAME
from app.server import Server, Visit, page


class PageTest(unittest.TestCase):
    def test_the_first_page_names_the_application(self) -> None:
        status, content = page("/")
        self.assertEqual(status, HTTPStatus.OK)
        self.assertEqual(content["application"], NAME)

    def test_an_unknown_path_is_not_found(self) -> None:
        self.assertEqual(page("/nowhere")[0], HTTPStatus.NOT_FOUND)


class ServerTest(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server(("127.0.0.1", 0), Visit)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        accepting = threading.Thread(target=self.server.serve_forever)
        accepting.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(accepting.join)
        self.addCleanup(self.server.shutdown)

    def test_the_probe_is_answered(self) -> None:
        with urlopen(f"{self.address}/healthz") as answer:
            self.assertEqual(json.load(answer), {"status": "ok"})

    def test_an_unknown_path_answers_404(self) -> None:
        with self.assertRaises(HTTPError) as refused:
            urlopen(f"{self.address}/nowhere?x=1")
        with refused.exception as answer:
            self.assertEqual(answer.code, HTTPStatus.NOT_FOUND)
