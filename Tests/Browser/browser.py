"""Opens the page in Debian's chromium, and minds what a page must not do."""

import contextlib
import json
import re
import urllib.parse
import urllib.request

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
# Milliseconds that anything is waited for: others use the machine as well.
PATIENCE = 60_000


class Browser:
    """A browser whose pages wait longer than playwright's 30 s."""

    def __init__(self, browser):
        self.browser = browser

    def new_context(self, **options):
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        return context

    def new_page(self, **options):
        page = self.browser.new_page(**options)
        page.set_default_timeout(PATIENCE)
        return page


@contextlib.contextmanager
def chromium():
    """A browser. Root cannot have the sandbox."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"], timeout=PATIENCE)
        try:
            yield Browser(browser)
        finally:
            browser.close()


class Conduct:
    """What a page does wrong: messages in the console, and requests to anybody but its server."""

    def __init__(self, page, address):
        self.page, self.faults = page, []
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", lambda request: self._see(request.url, address))

    def _hear(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} {message.location}")

    def _see(self, url, address):
        if not url.startswith((address, "blob:", "data:")):
            self.faults.append(f"request to {url}")

    def check(self):
        # What a script has taken for a text.
        words = re.findall(r"\b(?:null|undefined|NaN|Invalid Date)\b|\[object ", self.page.locator("body").inner_text())
        assert not words, f"the page says {words}"
        assert not self.faults, "\n".join(self.faults)


class Service:
    """The server, as a program uses it."""

    def __init__(self, address):
        self.address = address

    def get(self, path, **parameters):
        query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
        with urllib.request.urlopen(self.address + path + query, timeout=120) as answer:
            return json.load(answer)

    def post(self, path, **fields):
        data = urllib.parse.urlencode(fields).encode()
        with urllib.request.urlopen(self.address + path, data, timeout=120) as answer:
            return json.load(answer)

    def schedule(self, project, spider, when="now", **fields):
        """Asks for a job, and gives its id."""
        return self.post("schedule-job.json", project=project, spider=spider, when=when, **fields)["identifier"]
