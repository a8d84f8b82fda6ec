# SPDX-License-Identifier: GPL-3.0-or-later
"""A real browser, Debian's Chromium, and a web server of this machine for it. One that is missing is an error."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"

# The lowest contrast of any text on the page with what lies behind it, as WCAG 2.2 computes it, and which text it is.
LOWEST_CONTRAST = """() => {
  const parse = color => (color.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = color => {
    const [r, g, b] = parse(color).map(one => one / 255).map(
      one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let one = element; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor, parts = parse(color);
      if (parts.length === 3 || parts[3] > 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  let lowest = [21, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
    if (!text || !element.checkVisibility() || ["SCRIPT", "STYLE"].includes(element.tagName)) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < lowest[0]) lowest = [ratio, text.slice(0, 40)];
  }
  return lowest;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Keep the tests' output free of requests."""


@contextmanager
def serving(directory: Path) -> Iterator[str]:
    """Serve a directory; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Watched:
    """A page, and all that it did beside being shown: requests, words on the console, errors, dialogues."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.seen: list[str] = []
        self.page.on("request", lambda request: self.seen.append(f"request {request.url}"))
        self.page.on("console", lambda message: self.seen.append(f"console {message.text}"))
        self.page.on("pageerror", lambda error: self.seen.append(f"error {error}"))
        self.page.on("dialog", lambda dialog: (self.seen.append(f"dialogue {dialog.message}"), dialog.dismiss()))
        self.page.goto(address)
        self.address = address

    @property
    def surprises(self) -> list[str]:
        """Return everything but the one request for the page itself."""
        return [one for one in self.seen if one != f"request {self.address}"]
