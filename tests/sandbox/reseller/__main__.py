# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in reseller as a process of its own:

PYTHONPATH=tests:.cache/collections python -m sandbox.reseller --directory DIR --port 8080 --smtp 127.0.0.1:2525
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from .control import Control
from .post import Dkim, Postman
from .shop import Shop
from .site import Site


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM. The first line on standard output is the site's URL, once it answers."""
    said = _parser().parse_args(arguments)
    shop = Shop(said.directory, url="")
    postman = None if said.smtp is None else Postman(shop, host=said.smtp[0], port=said.smtp[1], dkim=_dkim(said))
    site = Site(shop, Control(shop, postman), port=said.port)
    shop.url = said.url or f"http://127.0.0.1:{site.server_address[1]}"
    stop = threading.Event()
    if postman is not None:
        threading.Thread(target=postman.send_until, args=(stop,), daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=site.shutdown).start())
    print(f"http://127.0.0.1:{site.server_address[1]}", flush=True)
    site.serve_forever(poll_interval=0.05)
    stop.set()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sandbox.reseller", description="The stand-in reseller of the tests.")
    parser.add_argument("--directory", type=Path, required=True, help="its books; made where missing, survive it")
    parser.add_argument("--port", type=int, default=0, help="of the web site on 127.0.0.1, 0 for any")
    parser.add_argument("--smtp", type=_endpoint, help="host:port of the mail server that takes its letters")
    parser.add_argument("--url", default="", help="the site's URL in letters, if it is not the one it has")
    parser.add_argument("--dkim-key", type=Path, help="a private key (PEM); letters are signed with it")
    parser.add_argument("--dkim-domain", default="", help="whose key that is")
    parser.add_argument("--dkim-selector", default="standin", help="which of that domain's keys it is")
    return parser


def _endpoint(text: str) -> tuple[str, int]:
    host, _colon, port = text.rpartition(":")
    return host, int(port)


def _dkim(said: argparse.Namespace) -> Dkim | None:
    return None if said.dkim_key is None else Dkim(said.dkim_domain, said.dkim_selector, said.dkim_key)


if __name__ == "__main__":
    main(sys.argv[1:])
