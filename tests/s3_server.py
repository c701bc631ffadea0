"""A real S3 server for tests: moto's, on a port of this machine, in a thread. It keeps objects in memory."""

import http.client
import importlib.util
import logging
import secrets
from typing import Self
from urllib.parse import urlsplit

NEEDED = ("obstore", "moto", "flask", "flask_cors")
KEY_ID, SECRET = "key-of-the-tests", "secret-of-the-tests"


class S3Server:
    """One server, from `with` to the end of the block."""

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell every request
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        """End it; what it held is gone."""
        self._server.stop()

    def make_bucket(self) -> str:
        """A new, empty bucket."""
        name = f"bucket-{secrets.token_hex(6)}"
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=30)
        connection.request("PUT", f"/{name}")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == 200
        return name


def is_installed() -> bool:
    """Whether the client and the server are there."""
    return all(importlib.util.find_spec(name) for name in NEEDED)
