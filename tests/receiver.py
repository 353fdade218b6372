"""A chat tool's webhook on loopback: keeps what it is told, and answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What arrived, headers and body; `answers` are given in turn, then 200."""

    url: str = ""
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], str]] = field(default_factory=list)

    def says(self, status: int, said: str = "", **headers: str) -> None:
        """Give one more of the next requests this answer."""
        self.answers.append((status, headers, said))


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Open one on a port of its own."""
    opened = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, said = opened.answers.pop(0) if opened.answers else (200, {}, "ok")
            # Before it is answered, so that the next comes later; and after it has its answer,
            # since whoever sees it here may say what the next one is given.
            opened.told.append((dict(self.headers), body))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said.encode()))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(said.encode())

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    opened.url = f"http://127.0.0.1:{server.server_address[1]}/hooks/T0/hush"
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
