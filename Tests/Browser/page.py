"""Uses the page as people do: page.py TEST URL FOLDER [MORE…]. Each function below is a test; PageTests.swift runs them."""

import base64
import contextlib
import faulthandler
import glob
import http.server
import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import urllib.parse
import zipfile

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from browser import PATIENCE, Conduct, Service, chromium

expect.set_options(timeout=PATIENCE)

# The sizes of the answers that the page has read to their end, once there is one, of those whose address has a word.
ANSWERED = """word => {
  const sizes = performance.getEntriesByType('resource').filter(e => e.name.includes(word)).map(e => e.encodedBodySize);
  return sizes.length > 0 && sizes;
}"""

VIEWS = ["", "?page=projects", "?page=jobs", "?page=jobs&status=ACTIVE"]


def push(browser, address, folder):
    """An archive is pushed from the empty page by the file input and by dropping; a bad one says what is wrong."""
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    expect(page.get_by_role("heading", name="No project yet")).to_be_visible()
    # What the page says to type does what it says.
    command = page.locator(".welcome pre").inner_text()
    with zipfile.ZipFile(f"{folder}/bookshop.zip") as archive:
        archive.extractall(f"{folder}/desk")
    pushed = subprocess.run(["bash", "-euc", command], cwd=f"{folder}/desk/bookshop", capture_output=True, check=True)
    assert json.loads(pushed.stdout) == {"status": "ok", "name": "bookshop", "spiders": ["authors", "books"]}, pushed
    page.get_by_role("link", name="Projects", exact=True).first.click()
    expect(page.get_by_role("heading", name="bookshop")).to_be_visible()
    page.set_input_files("#archive", f"{folder}/bookshop.zip")
    expect(page.locator(".drop .SUCCESSFUL")).to_have_text("bookshop is pushed: authors, books", timeout=60_000)
    expect(page.get_by_role("heading", name="bookshop")).to_be_visible()
    conduct.check()

    with open(f"{folder}/broken.zip", "rb") as file:
        content = list(file.read())
    transfer = page.evaluate_handle(
        """bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], 'broken.zip'));
            return transfer;
        }""", content)
    page.dispatch_event(".drop", "dragover", {"dataTransfer": transfer})
    page.dispatch_event(".drop", "drop", {"dataTransfer": transfer})
    expect(page.locator(".drop .FAILED")).to_have_text("broken.zip was not accepted", timeout=60_000)
    expect(page.locator(".drop pre")).to_contain_text("no module for this spider was ever written")

    # The project again, with one spider less, and with none.
    for spiders, kept in [("books.py", "authors"), ("authors.py", "")]:
        lesser = f"{folder}/without-{spiders}.zip"
        with zipfile.ZipFile(f"{folder}/bookshop.zip") as old, zipfile.ZipFile(lesser, "w") as new:
            for name in old.namelist():
                if not name.endswith(("/spiders/books.py", f"/spiders/{spiders}")):
                    new.writestr(name, old.read(name))
        page.set_input_files("#archive", lesser)
        if not kept:
            expect(page.locator(".drop pre")).to_contain_text("would take away all spiders", timeout=60_000)
            page.get_by_role("button", name="Push it without spiders").click()
        expect(page.locator(".drop .SUCCESSFUL")).to_have_text(
            f"bookshop is pushed: {kept or 'no spiders'}", timeout=60_000)
        expect(page.locator(".drop pre")).to_contain_text(
            "Spiders of version 2 are gone: books" if kept else "The project has no spiders")

    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="No").click()
    expect(page.get_by_role("heading", name="bookshop")).to_be_visible()
    page.get_by_role("button", name="Remove…").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_role("heading", name="No project yet")).to_be_visible()


@contextlib.contextmanager
def gate(site):
    """An address that leads to a site, and keeps everybody waiting until the event that comes with it is set."""
    is_open = threading.Event()

    class Gate(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            is_open.wait()
            self.send_response(307)
            self.send_header("Location", site.rstrip("/") + self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", is_open
        finally:
            is_open.set()
            server.shutdown()


def watch(browser, address, folder, site):
    """A job is scheduled with the dialog, and watched to its end; its log is searched and its files are there."""
    with gate(site) as (way, is_open):
        watch_from(browser, address, way, is_open)


def watch_from(browser, address, site, is_open):
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    page.get_by_role("button", name="Schedule…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Spider").select_option("books")
    when = dialog.get_by_label("When", exact=True)
    when.fill("every monday at 08:00")
    expect(dialog.locator(".forecast")).to_contain_text("every Monday at 08:00")
    expect(dialog.locator(".forecast li")).to_have_count(5)
    when.fill("every 0 minutes")
    expect(dialog.locator(".forecast.wrong")).to_be_visible()
    when.fill("now")
    expect(dialog.locator(".forecast")).to_contain_text("Once, right away")
    dialog.get_by_label("Payload").fill("{")
    expect(dialog.get_by_role("alert")).to_contain_text("not JSON")
    dialog.get_by_label("Payload").fill(json.dumps({"site": site}))
    dialog.get_by_label("Description").fill("<b>the shop</b>")
    dialog.get_by_role("button", name="Schedule").click()

    page.wait_for_url(re.compile(r"page=job&id="))
    expect(page.locator("h1 .state")).to_have_text("Running")
    expect(page.locator(".lines")).to_contain_text("Spider opened")
    is_open.set()
    expect(page.locator("h1 .state")).to_have_text("Successful", timeout=60_000)
    expect(page.locator(".lines")).to_contain_text("Spider closed (finished)")
    expect(page.locator(".facts").first).to_contain_text("<b>the shop</b>")
    expect(page.locator(".facts").last).to_contain_text("Finish reasonfinishedItems60")
    expect(page.locator(".timeline")).to_contain_text(f" on {socket.gethostname()}")
    at_end = "box => box.scrollHeight - box.scrollTop - box.clientHeight < 30"
    assert page.locator(".lines").evaluate(at_end), "the log is not at its end"

    page.get_by_label("Search in the log").fill("spider opened")
    expect(page.locator(".log [role=status]")).to_have_text("1 of 1")
    assert page.evaluate("CSS.highlights.get('found-now').size") == 1
    expect(page.get_by_label("Follow")).not_to_be_checked()
    page.get_by_role("button", name="End").click()
    expect(page.get_by_label("Follow")).to_be_checked()
    page.get_by_label("Wrap").check()
    expect(page.locator(".lines.wrapped")).to_be_visible()

    page.get_by_role("tab", name="Output").click()
    expect(page.locator(".lines")).to_contain_text("Nothing was written")
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("button", name="View items.jsonl").click()
    table = page.get_by_role("region", name="items.jsonl", exact=True)
    expect(table.locator("th").filter(has_text="title")).to_have_count(1)
    expect(table.locator("tbody tr")).to_have_count(60)
    page.get_by_role("button", name="View items.jsonl").click()
    expect(page.get_by_label("items.jsonl", exact=True)).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name="items.jsonl").click()
    with open(download.value.path(), encoding="utf-8") as file:
        assert len(file.readlines()) == 60
    with page.expect_download() as download:
        page.get_by_role("link", name="Download all as zip").click()
    assert re.fullmatch(r"bookshop-books-[0-9a-f-]{36}\.zip", download.value.suggested_filename)
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert {name.split("/", 1)[1] for name in archive.namelist()} == {"job.out", "job.err", "files/items.jsonl"}
    conduct.check()


def overtaken(browser, address, folder):
    """A view that somebody goes to is shown, though news of the server have it asked for again before its answer comes."""
    service, held = Service(address), []
    page = browser.new_page()
    conduct = Conduct(page, address)

    def hold(route):
        held.append(route)
        if len(held) == 1:
            # The overview wants to know of projects.
            service.post("remove-project.json", name="trouble")
        elif len(held) == 2:
            for each in held:
                each.continue_()
        else:
            route.continue_()

    page.goto(address)
    expect(page.locator("#connection")).to_have_text("Live")
    page.route("**/describe-projects.json*", hold)
    page.get_by_role("link", name="Projects", exact=True).first.click()
    expect(page.get_by_role("heading", name="Projects", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="bookshop")).to_be_visible()
    expect(page.get_by_role("heading", name="trouble")).to_have_count(0)
    expect(page).to_have_title("Projects · scrapy-spool")
    conduct.check()


def searching(browser, address, folder):
    """While a search takes its time its view can be used, and another search takes its place."""
    service = Service(address)
    for number in range(3):
        service.schedule("trouble", "quick", "every 2 days", description=f"number {number}")
    page = browser.new_page()
    conduct = Conduct(page, address)
    held, texts = [], {"number", "number 1", "nothing"}

    def hold(route):
        # Some searches take until this test lets them go. News of the server may have one asked for again.
        if text_of(route) in texts:
            held.append(route)
        else:
            route.continue_()

    def text_of(route):
        return "".join(urllib.parse.parse_qs(urllib.parse.urlparse(route.request.url).query).get("text", []))

    def let_go(text, answer):
        texts.discard(text)
        for route in [route for route in held if text_of(route) == text]:
            answer(route)

    page.route("**/list-jobs.json*", hold)
    page.goto(f"{address}?page=jobs&status=SCHEDULED&text=number")
    box, rows = page.get_by_role("searchbox"), page.locator("tbody tr")
    expect(page.get_by_text("Searching…")).to_be_visible()
    expect(page.get_by_text("No jobs match.")).to_be_hidden()
    expect(box).to_have_value("number")
    is_accessible(page)
    # News do not take the place of the answer.
    expect(page.locator("#connection")).to_have_text("Live")
    service.schedule("trouble", "quick", "every 2 days", description="number 3")
    # At once: slowly typed, each letter would be a search.
    box.fill("number 1")
    expect(page).to_have_url(re.compile("text=number[+]1"))
    expect(page.get_by_text("Searching…")).to_be_visible()
    expect(box).to_be_focused()
    # The answer of the former search comes last, and is of no use.
    let_go("number 1", lambda route: route.continue_())
    expect(rows).to_have_count(1)
    expect(page.get_by_text("1 job", exact=True)).to_be_visible()
    expect(box).to_be_focused()
    let_go("number", lambda route: route.continue_())
    box.fill("number")
    expect(rows).to_have_count(4)
    conduct.check()
    # One that fails says why.
    box.fill("nothing")
    expect(page.get_by_text("Searching…")).to_be_visible()
    let_go("nothing", lambda route: route.fulfill(
        status=503, json={"status": "error", "msg": "The server is busy: try again later"}))
    expect(page.locator("main .welcome")).to_contain_text("The server is busy")


def like(browser, address, folder):
    """A schedule is asked for again with all that it was asked for with."""
    service = Service(address)
    first = service.schedule(
        "trouble", "quick", "every 2 days", overlap="skip", executor="local", **{"catch-up": "5"}, description="rare")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=job&id={first}")
    page.get_by_role("button", name="Schedule like this…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("If the previous run has not ended")).to_have_value("skip")
    expect(dialog.get_by_label("Runs missed while the server was down")).to_have_value("5")
    expect(dialog.get_by_label("Executor")).to_have_value("local")
    dialog.get_by_role("button", name="Schedule").click()
    page.wait_for_url(lambda url: "page=job" in url and first not in url)
    second = page.url.split("id=")[1]
    facts = [service.get("list-jobs.json", id=job, facts=1)["jobs"][0]["facts"] for job in (first, second)]
    wanted = ("overlap", "catch-up", "executor")
    assert [facts[0][name] for name in wanted] == [facts[1][name] for name in wanted] == ["skip", "5", "local"], facts
    conduct.check()


def options(browser, address, folder):
    """A job is asked for with arguments, limits and retries; its page shows them, and the dialog has them again."""
    service = Service(address)
    first = service.schedule("trouble", "hang", tags="example.org")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=job&id={first}")
    expect(page.locator("h1 .state")).to_have_text("Running", timeout=60_000)

    page.get_by_role("button", name="Schedule…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Spider").select_option("hang")
    dialog.get_by_text("Arguments, settings, limits and retries").click()
    for title, rows in {"an argument": [("category", "to be, or=not"), ("gone", "1")], "a setting": [("DOWNLOAD_DELAY", "0.5")]}.items():
        for number, (name, value) in enumerate(rows):
            dialog.get_by_role("button", name=f"Add {title}").click()
            expect(dialog.get_by_label(f"Name of {title}").nth(number)).to_be_focused()
            dialog.get_by_label(f"Name of {title}").nth(number).fill(name)
            dialog.get_by_label(f"Value of {title}").nth(number).fill(value)
    dialog.get_by_role("button", name="Remove an argument").nth(1).click()
    fields = {
        "Priority, from 0 to 9": "2", "Tags": "example.org", "Counts as failed if": "items<1", "Version of the project": "1",
        "Time limit": "2h", "Memory limit": "500M", "Limit without progress": "10m",
        "Limit after closing": "5m", "Retries": "2", "Delay before the first retry": "1m", "Retry after": "exit, stall",
    }
    for label, value in fields.items():
        dialog.get_by_label(label, exact=True).fill(value)
    dialog.get_by_label("Counts as failed if", exact=True).fill("itmes<1")
    dialog.get_by_role("button", name="Schedule").click()
    expect(dialog.get_by_role("alert")).to_contain_text("fail-if")
    dialog.get_by_label("Counts as failed if", exact=True).fill("items<1")
    dialog.get_by_role("button", name="Schedule").click()

    page.wait_for_url(lambda url: "page=job" in url and first not in url)
    second = page.url.split("id=")[1]
    options = service.get("list-jobs.json", id=second, facts=1)["jobs"][0]["options"]
    assert options == {
        "arg.category": "to be, or=not", "setting.DOWNLOAD_DELAY": "0.5", "priority": "2", "tags": "example.org",
        "fail-if": "items<1", "time-limit": "2h", "memory-limit": "500M", "stall-limit": "10m", "linger-limit": "5m",
        "retries": "2", "retry-delay": "1m", "retry-on": "exit,stall", "version": "1"}, options
    for name, text in options.items():
        if name != "version":
            expect(page.locator(".facts").first).to_contain_text(name + text)
    # Why it waits, also when that changes.
    expect(page.locator(".timeline")).to_contain_text("Waits for tag example.org, 1 of 1")
    third = service.schedule("trouble", "hang")
    service.schedule("trouble", "hang")
    page.goto(f"{address}?page=job&id={third}")
    expect(page.locator("h1 .state")).to_have_text("Running", timeout=60_000)
    page.goto(f"{address}?page=job&id={second}")
    service.post("cancel-job.json", id=first)
    expect(page.locator(".timeline")).to_contain_text("Waits for a slot, 2 of 2")

    page.get_by_role("button", name="Schedule like this…").click()
    for label, value in fields.items():
        expect(dialog.get_by_label(label, exact=True)).to_have_value(value.replace(", ", ",") if label == "Retry after" else value)
    expect(dialog.get_by_label("Name of an argument")).to_have_count(1)
    expect(dialog.get_by_label("Value of an argument")).to_have_value("to be, or=not")
    expect(dialog.get_by_label("Name of a setting")).to_have_value("DOWNLOAD_DELAY")
    serious = [found for found in Axe().run(page).response["violations"] if found["impact"] in ("serious", "critical")]
    assert not serious, [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in serious]
    conduct.faults = [fault for fault in conduct.faults if "400 (Bad Request)" not in fault]
    conduct.check()


def is_accessible(page):
    """A checker for screen readers finds nothing serious."""
    serious = [found for found in Axe().run(page).response["violations"] if found["impact"] in ("serious", "critical")]
    assert not serious, [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in serious]


def fits(page, width=390):
    """On a narrow screen nothing is cut off."""
    size = page.viewport_size
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator("main h1")).to_be_visible()
    # What is wider than what it is in, and so cut or scrolled; a log and a text of several lines may be.
    wide = page.evaluate("""() => [document.documentElement, ...document.querySelectorAll('main .scroll:not(.items), main table, main td')]
        .filter(box => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== 'hidden' && box.clientWidth > 0)
        .map(box => `${box.tagName} ${box.className} ${box.clientWidth} ${box.scrollWidth}`)""")
    assert not wide, wide
    page.set_viewport_size(size)


def spider(browser, address, folder):
    """A spider's page has its last runs, how they went over time, what comes next; all of it leads to the jobs."""
    service = Service(address)
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=projects")
    page.get_by_role("link", name="quick", exact=True).click()
    expect(page.get_by_role("heading", name="trouble / quick")).to_be_visible()
    expect(page.get_by_text("It has not run yet.")).to_be_visible()
    expect(page.get_by_text("It is not scheduled.")).to_be_visible()
    expect(page.locator("#connection")).to_have_text("Live")
    # Live: each run shows when it has ended.
    service.schedule("trouble", "quick", description="the first")
    expect(page.locator(".strip a")).to_have_count(1, timeout=60_000)
    last = service.schedule("trouble", "quick", description="the last")
    service.schedule("trouble", "quick", "every 2 days", description="now and then")
    expect(page.locator(".strip a.SUCCESSFUL")).to_have_count(2, timeout=60_000)
    figures = page.get_by_role("region", name="Figures")
    expect(figures).to_contain_text("Success rate100 % 2 of 2")
    expect(figures).to_contain_text(re.compile("Next runin [12] d"))
    expect(page.get_by_role("region", name="Runs").locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("region", name="Runs").locator("tbody tr").first).to_contain_text("the last")
    # The instant, with its zone, is there for who wants it.
    time = page.get_by_role("region", name="Runs").locator("time").first
    expect(time).to_have_attribute("title", re.compile(r"\d{4}.* (UTC|GMT|[A-Z]{2,5})"))
    expect(time).to_have_text(re.compile("ago|just now"))
    is_accessible(page)
    fits(page)
    page.locator(".strip a").last.click()
    page.wait_for_url(lambda url: last in url)
    page.get_by_role("link", name="trouble / quick").click()
    page.get_by_role("group", name="Duration, each run").locator("a").last.click()
    page.wait_for_url(lambda url: last in url)
    page.go_back()
    page.get_by_role("group", name="Jobs by outcome").locator("a rect.SUCCESSFUL").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_label("Successful")).to_be_checked()
    page.go_back()
    page.get_by_role("link", name="every 2 days").click()
    expect(page.locator("h1 .state")).to_have_text("Scheduled")
    conduct.check()


def firing(browser, address, folder):
    """A schedule's page has its next times and its runs, as they come."""
    service = Service(address)
    schedule = service.schedule("trouble", "fail", "every 3 seconds")
    service.schedule("trouble", "quick")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=job&id={schedule}")
    expect(page.get_by_role("heading", name="Next runs").locator("xpath=../..").locator("li")).to_have_count(5)
    rows = page.get_by_role("region", name="Runs").locator("tbody tr")
    expect(rows.nth(1)).to_contain_text("Failed", timeout=60_000)
    expect(rows.nth(1)).to_contain_text("exit status 3")
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator("h1 .state")).to_have_text("Canceled")
    expect(page.get_by_text("It starts no more runs.")).to_be_visible()
    is_accessible(page)
    fits(page)
    page.get_by_role("region", name="Runs").get_by_role("link", name="All").click()
    expect(page.get_by_role("radio", name="All", exact=True)).to_be_checked()
    runs = service.get("list-jobs.json", **{"status": "ALL", "fired-by": schedule})["jobs"]
    expect(page.locator("tbody tr")).to_have_count(len(runs))
    page.get_by_role("link", name="Of all schedules").click()
    expect(page.locator("tbody tr")).to_have_count(len(runs) + 2)
    conduct.check()


def changed(browser, address, folder):
    """A schedule is paused, changed and let go on its page, and others who look at it see that at once."""
    service = Service(address)
    schedule = service.post("schedule-job.json", project="trouble", spider="quick", when="every day at 03:30", overlap="skip",
                            priority="7", **{"arg.category": "travel"})["identifier"]
    page, other = browser.new_page(), browser.new_page()
    conduct = Conduct(page, address)
    for one in (page, other):
        one.goto(f"{address}?page=job&id={schedule}")
        expect(one.locator("#connection")).to_have_text("Live")
    page.get_by_role("button", name="Pause", exact=True).click()
    for one in (page, other):
        expect(one.get_by_text("Its times pass without a run")).to_be_visible()
        expect(one.get_by_role("button", name="Resume")).to_be_visible()
    is_accessible(page)
    page.goto(address)
    expect(page.locator("tr", has_text="every day at 03:30")).to_contain_text("paused")
    # It comes after what runs.
    later = service.schedule("trouble", "quick", "every 30 days")
    expect(page.locator("table.due tbody tr").nth(0)).to_contain_text("every 30 days")
    expect(page.locator("table.due tbody tr").nth(1)).to_contain_text("every day at 03:30")
    service.post("cancel-job.json", id=later)
    page.goto(f"{address}?page=jobs&status=SCHEDULED")
    expect(page.locator("tbody tr", has_text="trouble / quick").filter(has_text="paused")).to_have_count(1)
    page.goto(f"{address}?page=job&id={schedule}")
    other.get_by_role("button", name="Edit…").click()
    other.get_by_label("When", exact=True).fill("now")
    other.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(other.get_by_role("dialog").get_by_role("alert")).to_contain_text("no time of a schedule")
    other.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Edit…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("select[name=project]")).to_be_disabled()
    dialog.get_by_label("When", exact=True).fill("every day at 04:30")
    dialog.get_by_label("Description").fill("in the morning")
    dialog.get_by_label("Priority, from 0 to 9").fill("")
    dialog.get_by_label("Value of an argument").fill("history")
    is_accessible(page)
    dialog.get_by_role("button", name="Save", exact=True).click()
    for one in (page, other):
        expect(one.locator("dd", has_text="every day at 04:30")).to_be_visible()
        expect(one.get_by_text("history", exact=True)).to_be_visible()
    job = service.get("list-jobs.json", id=schedule, facts=1)["jobs"][0]
    assert job["options"] == {"arg.category": "history"} and job["facts"]["overlap"] == "skip", job
    assert job["description"] == "in the morning" and job["facts"]["edited"], job
    page.get_by_role("button", name="Resume").click()
    for one in (page, other):
        expect(one.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    fits(page)
    conduct.check()
    service.post("cancel-job.json", id=schedule)


def choices(browser, address, folder):
    """Jobs are counted by state, taken by days, and put in order; their counts and first errors stand beside them."""
    service = Service(address)
    for spider in ("quick", "fail", "hang"):
        service.schedule("trouble", spider)
    broken = service.schedule("bookshop", "books", payload='{"site": "http://127.0.0.1:1/"}')
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=jobs&status=ALL")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(page.locator("[data-count=COMPLETED]")).to_have_text("3", timeout=90_000)
    expect(page.locator("[data-count=RUNNING]")).to_have_text("1")
    expect(page.locator("[data-count=FAILED]")).to_have_text("1")
    expect(rows.first).to_contain_text("trouble / hang")
    page.reload()
    shop = rows.filter(has_text="bookshop / books")
    error = service.get("list-jobs.json", id=broken, facts=1)["jobs"][0]["facts"]["first-error"]
    expect(shop.locator(".error-line")).to_have_text(error)
    expect(shop.locator("td").nth(5)).to_have_text(re.compile(r"^[1-9]\d*$"))
    today = service.get("statistics.json", days=1)["days"][0]["day"]
    page.get_by_label("To").fill("2020-02-29")
    expect(page.get_by_text("No jobs match.")).to_be_visible()
    page.get_by_label("To").fill(today)
    expect(rows).to_have_count(4)
    page.get_by_label("From").fill("2020-02-29")
    page.get_by_label("Order").select_option("Oldest first")
    expect(page).to_have_url(re.compile("order=oldest"))
    expect(rows).to_have_count(4)
    order = [job["identifier"] for job in service.get("list-jobs.json", status="ALL", order="oldest")["jobs"]]
    links = [link.get_attribute("href") for link in page.locator("tbody td:not(.pick) > a").all()]
    assert links == [f"?page=job&id={job}" for job in order], links
    is_accessible(page)
    for view in ("?page=jobs&status=ALL", "?page=projects", ""):
        page.goto(address + view)
        expect(page.locator("main h1")).to_be_visible()
        for width in (390, 950, 1200):
            fits(page, width)
    page.goto(f"{address}?page=jobs&text=none")
    page.get_by_role("link", name="Clear the filters").click()
    expect(rows).to_have_count(3)
    conduct.check()


def selection(browser, address, folder):
    """Jobs are chosen in the list, run again and canceled together; that all slots are in use is said."""
    service = Service(address)
    for number in range(5):
        service.schedule("trouble", "hang", description=f"number {number}")
    service.schedule("trouble", "quick", "every 2 days")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    expect(page.locator(".band")).to_contain_text("All 3 slots are in use: 2 jobs are waiting, the first for ", timeout=60_000)
    page.goto(f"{address}?page=jobs&status=PENDING")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(2)
    page.get_by_label("Select trouble / hang").first.check()
    bar = page.get_by_role("group", name="Selected jobs")
    expect(bar).to_contain_text("1 selected")
    bar.get_by_role("button", name="Run 1 again").click()
    expect(rows).to_have_count(3)
    expect(bar).to_be_hidden()
    page.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("3 selected")
    # Keys have their meaning beside a checkbox as well.
    page.keyboard.press("?")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    is_accessible(page)
    fits(page)
    bar.get_by_role("button", name="Select none").click()
    expect(page.get_by_label("Select trouble / hang").first).not_to_be_checked()
    page.get_by_label("Select all on this page").check()
    bar.get_by_role("button", name="Cancel 3…").click()
    page.get_by_role("button", name="Cancel the jobs").click()
    expect(page.get_by_text("No pending jobs.")).to_be_visible(timeout=60_000)
    canceled = service.get("list-jobs.json", status="CANCELED")["jobs"]
    assert sorted(job["description"] for job in canceled)[0] == "number 3" and len(canceled) == 3, canceled
    page.goto(f"{address}?page=jobs&status=ACTIVE")
    expect(rows).to_have_count(4)
    page.get_by_label("Select all on this page").check()
    # A list that news change keeps what is chosen in it.
    service.schedule("trouble", "quick", "every 3 days")
    expect(rows).to_have_count(5)
    expect(bar).to_contain_text("4 selected")
    bar.get_by_role("button", name="Cancel 4…").click()
    page.get_by_role("button", name="Cancel the jobs").click()
    expect(rows).to_have_count(1, timeout=90_000)
    page.goto(f"{address}?page=jobs&status=CANCELED")
    ended = len(service.get("list-jobs.json", status="CANCELED")["jobs"])
    expect(rows).to_have_count(ended)
    rows.first.get_by_role("link").first.click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete the job").click()
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()
    page.goto(f"{address}?page=jobs&status=CANCELED")
    expect(rows).to_have_count(ended - 1)
    page.get_by_label("Select all on this page").check()
    bar.get_by_role("button", name=re.compile(r"^Delete \d+…$")).click()
    page.get_by_role("button", name="Delete the jobs").click()
    expect(page.get_by_text("No canceled jobs.")).to_be_visible(timeout=60_000)
    conduct.check()


def recall(browser, address, folder):
    """What a spider was asked for with last is offered again."""
    service = Service(address)
    service.schedule("trouble", "quick", payload='{"a": 1}', **{"arg.category": "tv", "setting.DOWNLOAD_DELAY": "0.5"})
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    page.get_by_role("button", name="Schedule…").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=project]").select_option("trouble")
    dialog.get_by_label("Spider").select_option("echo")
    expect(dialog.get_by_role("button", name="As last time")).to_be_hidden()
    dialog.get_by_label("Spider").select_option("quick")
    dialog.get_by_role("button", name="As last time: category=tv, DOWNLOAD_DELAY=0.5, payload").click()
    expect(dialog.get_by_label("Name of an argument")).to_have_value("category")
    expect(dialog.get_by_label("Value of a setting")).to_have_value("0.5")
    expect(dialog.get_by_label("Payload")).to_have_value('{"a": 1}')
    is_accessible(page)
    dialog.get_by_role("button", name="Schedule").click()
    page.wait_for_url(re.compile(r"page=job&id="))
    options = service.get("list-jobs.json", id=page.url.split("id=")[1], facts=1)["jobs"][0]["options"]
    assert options == {"arg.category": "tv", "setting.DOWNLOAD_DELAY": "0.5"}, options
    conduct.check()


def finished(browser, address):
    """A job that has ended, and its page."""
    job = Service(address).schedule("trouble", "quick")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=job&id={job}")
    expect(page.locator("h1 .state")).to_have_text("Successful", timeout=60_000)
    return job, page, conduct


def preview(browser, address, folder):
    """Items are shown as a table and images as what they are; nothing in a file is taken for a part of the page."""
    job, page, conduct = finished(browser, address)
    [work] = glob.glob(f"{folder}/spool/jobs/*/{job}/work")
    png = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==")
    contents = {
        "a.png": png, "broken.png": b"no image", "items.csv": b'name,"a ""price"""\r\n"x, <b>y</b>",3\r\n"two\nlines",4\r\n',
        "items.jl": b'{"name": "<img src=x onerror=alert(1)>", "n": 1}\n{"n": 2, "deep": {"__proto__": [1]}}\n', "list.json": b"[1, 2]",
        "many.jsonl": b'{"number": 1, "text": "' + b"x" * 200 + b'"}\n' * 1,
    }
    contents["many.jsonl"] *= 1000
    for name, content in contents.items():
        with open(f"{work}/{name}", "wb") as file:
            file.write(content)
    page.reload()
    page.get_by_role("tab", name="Files").click()
    for name in contents:
        page.get_by_role("button", name=f"View {name}").click()
    expect(page.locator("img.preview")).to_have_count(1)
    page.wait_for_function("document.querySelector('img.preview').naturalWidth === 2")
    expect(page.get_by_text("This image cannot be shown.")).to_be_visible()
    table = page.get_by_role("region", name="items.csv", exact=True)
    assert table.locator("th").all_inner_texts() == ["name", 'a "price"']
    assert [row.locator("td").all_text_contents() for row in table.locator("tbody tr").all()] == [["x, <b>y</b>", "3"], ["two\nlines", "4"]]
    table = page.get_by_role("region", name="items.jl", exact=True)
    assert table.locator("th").all_inner_texts() == ["name", "n", "deep"]
    expect(table.locator("tbody tr").nth(1)).to_have_text('2{"__proto__":[1]}')
    expect(page.get_by_label("list.json", exact=True)).to_have_text("[1, 2]")
    expect(page.get_by_text("The first 64.0 KiB. 200 of")).to_be_visible()
    is_accessible(page)
    fits(page)
    conduct.check()


def kept(browser, address, folder):
    """What is looked at of a file stays open while its job goes on, and the list has what comes and goes meanwhile."""
    service = Service(address)
    job = service.schedule("trouble", "hang")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=job&id={job}")
    expect(page.locator(".lines")).to_contain_text("hanging 1", timeout=60_000)
    [work] = glob.glob(f"{folder}/spool/jobs/*/{job}/work")

    def write(name, content):
        with open(f"{work}/{name}", "w", encoding="utf-8") as file:
            file.write(content)

    for name in ("b.txt", "d.txt", "gone.txt"):
        write(name, f"this is {name}")
    page.get_by_role("tab", name="Files").click()
    page.get_by_role("button", name="View d.txt").click()
    expect(page.locator(".files pre")).to_have_text("this is d.txt")
    page.get_by_role("button", name="View b.txt").focus()
    page.evaluate("window.before = document.querySelector('.files pre')")
    for name in ("a.txt", "c.txt", "e.txt"):
        write(name, "new")
    write("b.txt", "this is longer than before")
    os.unlink(f"{work}/gone.txt")
    service.post("cancel-job.json", id=job)
    expect(page.locator("h1 .state")).to_have_text("Canceled", timeout=60_000)
    paths = page.locator(".files tbody td.mono")
    expect(paths).to_have_text([f"{letter}.txt" for letter in "abcde"])
    expect(page.locator("tr:has-text('b.txt') td.number").first).to_have_text("26 bytes")
    assert page.evaluate("before === document.querySelector('.files pre') && before.checkVisibility()"), "it was drawn again"
    expect(page.get_by_role("button", name="View d.txt")).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("button", name="View b.txt")).to_be_focused()
    # It is read anew when somebody looks again.
    page.get_by_role("button", name="View b.txt").click()
    expect(page.locator(".files pre").first).to_have_text("this is longer than before")
    conduct.check()


def help_(browser, address, folder):
    """The first steps are ticked off one by one; the keys are listed by ?, and j and k go through rows."""
    service = Service(address)
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    steps = page.locator(".steps > li")
    expect(steps).to_have_count(3)
    expect(steps.filter(has_text="Done")).to_have_count(0)
    is_accessible(page)
    subprocess.run(["curl", "-sSf", "-o", f"{folder}/pushed", "-F", f"archive=@{folder}/trouble.zip", address + "push-project.json"], check=True)
    expect(steps.first).to_have_class("done")
    service.schedule("trouble", "quick", "every 2 days")
    expect(steps.last).to_have_class("done")
    is_accessible(page)
    fits(page)
    steps.nth(1).get_by_role("button").click()
    page.get_by_role("dialog").get_by_label("Spider").select_option("quick")
    page.get_by_role("dialog").get_by_role("button", name="Schedule").click()
    expect(page.locator("h1 .state")).to_have_text("Successful", timeout=60_000)
    page.goto(address)
    expect(page.get_by_text("Nothing is running.")).to_be_visible()
    expect(steps).to_have_count(0)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Keyboard")).to_be_visible()
    expect(dialog).to_contain_text("Next or previous row")
    is_accessible(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.goto(f"{address}?page=jobs&status=ALL")
    links = page.locator("tbody td:not(.pick) > a")
    expect(links).to_have_count(2)
    page.keyboard.press("j")
    expect(links.first).to_be_focused()
    page.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("h1 .state")).to_have_text("Scheduled")
    conduct.check()


def lines(browser, address, folder):
    """A log shows its colours and its levels, its first error is found, and an address leads to a line of it."""
    job, page, conduct = finished(browser, address)
    [log] = glob.glob(f"{folder}/spool/jobs/*/{job}/job.err")
    stamp = "2026-11-28 12:00:00 [shop] "
    with open(log, "w", encoding="utf-8") as file:
        for number in range(200_000):
            if number == 1000:
                file.write(f"{stamp}\x1b[1;31mERROR\x1b[0m: <img src=x onerror=alert(1)> \x1b]0;title\x07Größe\n  its traceback\n")
            if number == 199_000:
                file.write(f"{stamp}WARNING: \x1b[33mslow\x1b[39m down\n")
            if number == 199_500:
                file.write(f"{stamp}ERROR: the last one\n")
            file.write(f"{stamp}DEBUG: line {number} of a long log\n")
    page.reload()
    box = page.locator(".lines")
    expect(box).to_contain_text("line 199999 of")
    # Levels: what is below the least one is hidden, and not searched.
    expect(box.locator(".t-yellow")).to_have_text("slow")
    page.get_by_label("Least level").select_option("Warning and above")
    expect(box.get_by_text("line 199999 of")).to_be_hidden()
    expect(box.locator(".WARNING")).to_have_text("2026-11-28 12:00:00 [shop] WARNING: slow down")
    expect(box.locator(".WARNING")).to_be_visible()
    page.get_by_label("Search in the log").fill("slow d")
    expect(page.locator(".log [role=status]")).to_contain_text("1 of 1 in the last")
    page.get_by_label("Search in the log").fill("line")
    expect(page.locator(".log [role=status]")).to_contain_text("none in the last")
    page.get_by_label("Search in the log").fill("")
    page.get_by_label("Least level").select_option("All levels")
    # The first error, far before what is loaded.
    page.get_by_role("button", name="First error").click()
    marked = box.locator(".marked")
    expect(marked).to_have_text("2026-11-28 12:00:00 [shop] ERROR: <img src=x onerror=alert(1)> Größe")
    expect(marked).to_be_in_viewport()
    expect(marked.locator(".t-red.bold")).to_have_text("ERROR")
    expect(box.locator("img")).to_have_count(0)
    expect(marked.locator("xpath=following-sibling::div[1]")).to_have_class("ERROR")
    expect(page).to_have_url(re.compile(r"log=err&at=\d+$"))
    address_of_line = page.url
    # On from there, and before it.
    page.get_by_label("Search in the log").fill("the last one")
    expect(page.locator(".log [role=status]")).to_contain_text("none in")
    page.get_by_role("button", name="Search after").click()
    expect(page.locator(".log [role=status]")).to_contain_text("1 of 1")
    expect(box).to_contain_text("ERROR: the last one")
    page.get_by_label("Search in the log").fill("line 7 of")
    page.get_by_role("button", name="Search before").click()
    expect(box).to_contain_text("line 7 of")
    page.get_by_role("button", name="Later").click()
    page.wait_for_function("document.querySelectorAll('.lines > div').length > 6000")
    numbers = [int(text.split("line ")[1].split()[0]) for text in box.locator("div").all_inner_texts() if " DEBUG: line " in text]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "lines are missing or come twice"
    page.get_by_role("button", name="End").click()
    expect(box).to_contain_text("line 199999 of")
    page.get_by_label("Search in the log").fill("")
    page.goto(address_of_line)
    expect(marked).to_contain_text("ERROR: <img")
    expect(page.get_by_label("Follow")).not_to_be_checked()
    box.get_by_text("line 1003 of").click()
    expect(marked).to_contain_text("line 1003 of")
    assert page.url != address_of_line
    page.reload()
    expect(marked).to_contain_text("line 1003 of")
    is_accessible(page)
    fits(page)
    conduct.check()


def versions(browser, address, folder):
    """The versions of a project are shown, and an older one is made the current one."""
    service = Service(address)
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=projects")
    expect(page.get_by_role("region", name="trouble", exact=True)).to_contain_text("version 2")
    page.get_by_role("region", name="trouble", exact=True).get_by_role("button", name="Versions…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading")).to_have_text("Versions of trouble")
    rows = dialog.locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="current")).to_have_count(1)
    serious = [found for found in Axe().run(page).response["violations"] if found["impact"] in ("serious", "critical")]
    assert not serious, [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in serious]
    dialog.get_by_role("button", name="Use version 1").click()
    expect(page.get_by_role("region", name="trouble", exact=True)).to_contain_text("version 1")
    assert service.get("list-versions.json", project="trouble")["current"] == 1
    page.get_by_role("region", name="trouble", exact=True).get_by_role("button", name="Versions…").click()
    expect(dialog.get_by_role("button", name="Use version 2")).to_be_visible()
    expect(dialog.get_by_role("button", name="Use version 1")).to_have_count(0)
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    conduct.check()


def notice(browser, address, folder):
    """The bar that says what went wrong is closed by a button that can be seen, in the light and in the dark."""
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(address)
        expect(page.get_by_role("heading", name="No project yet")).to_be_visible()
        page.keyboard.press("s")
        expect(page.locator("#notice")).to_contain_text("There is no project yet")
        colours = page.evaluate("""() => {
            const button = document.querySelector('#notice button');
            const backgrounds = [];
            for (let box = button; box; box = box.parentElement) {
                const background = getComputedStyle(box).backgroundColor;
                if (background !== 'rgba(0, 0, 0, 0)') { backgrounds.push(background); break; }
            }
            const [inner, outer] = [button, button.parentElement].map(one => one.getBoundingClientRect());
            return {text: getComputedStyle(button).color, behind: backgrounds[0], isInside: inner.bottom <= outer.bottom};
        }""")
        assert contrast(colours["text"], colours["behind"]) >= 4.5 and colours["isInside"], colours
        page.get_by_role("button", name="Close").click()
        expect(page.locator("#notice")).to_be_hidden()


def contrast(one, other):
    """The contrast of two colours by WCAG 2.2."""
    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def certificate(browser, address, folder, words):
    """Every view says that the certificate comes to its end."""
    page = browser.new_context(ignore_https_errors=True).new_page()
    for view in VIEWS:
        page.goto(address + view)
        expect(page.locator("#certificate")).to_be_visible()
        expect(page.locator("#certificate")).to_contain_text(words)


def scrapy(browser, address, folder, program):
    """Every view says that no spider can run; a page that is open says so no more once the program is another one."""
    page = browser.new_page()
    for view in VIEWS:
        page.goto(address + view)
        expect(page.locator("#scrapy")).to_be_visible()
        expect(page.locator("#scrapy")).to_contain_text("has no Scrapy. To repair this, install Scrapy there again")
    expect(page.locator("#connection")).to_have_text("Live")
    with open(program, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n")
    # The server looks when somebody opens the page.
    browser.new_page().goto(address)
    expect(page.locator("#scrapy")).to_be_hidden()


def by(browser, address, folder, user, password, canceler):
    """A job's page names who asked for it and who had it canceled; the schedule of a run is named with its owner."""
    page = browser.new_page()
    page.goto(f"{address}?page=jobs&status=CANCELED")
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="trouble / hang").first.click()
    expect(page.locator(".facts").first).to_contain_text(user)
    expect(page.locator(".timeline")).to_contain_text(f", by {canceler}")


def held(browser, address, folder, program, spool):
    """A copy says on every view that it is held and what ends that; the band goes by itself when somebody does it."""
    page = browser.new_page()
    conduct = Conduct(page, address)
    for view in VIEWS:
        page.goto(address + view)
        expect(page.locator("#held")).to_be_visible()
        expect(page.locator("#held code")).to_have_text(f"scrapy-spool resume {spool}")
    expect(page.locator("#connection")).to_have_text("Live")
    subprocess.run([program, "resume", spool], check=True)
    expect(page.locator("#held")).to_be_hidden()
    conduct.check()


def cancel(browser, address, folder):
    """A running job is canceled after a question, and run again with what it was given."""
    service = Service(address)
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    expect(page.get_by_text("Nothing is running.")).to_be_visible()
    service.schedule("trouble", "hang", payload='{"a": [1, 2]}', description="endless")
    page.get_by_role("link", name="trouble / hang").click()
    expect(page.locator(".lines")).to_contain_text("hanging 5")
    page.locator(".lines").evaluate("box => { box.scrollTop = 0; }")
    expect(page.get_by_label("Follow")).not_to_be_checked()
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.locator("h1 .state")).to_have_text("Canceled", timeout=60_000)
    first = page.url
    page.get_by_role("button", name="Run again").click()
    page.wait_for_url(lambda url: url != first)
    expect(page.locator("h1 .state")).to_have_text("Running")
    expect(page.get_by_label("Payload")).to_contain_text('"a": [')
    job = service.get("list-jobs.json", id=page.url.split("id=")[1])["jobs"][0]
    assert (job["description"], json.loads(job["payload"])) == ("endless", {"a": [1, 2]}), job
    page.goto(address)
    expect(page.get_by_role("link", name="trouble / hang")).to_be_visible()
    service.post("cancel-job.json", id=job["identifier"])
    expect(page.get_by_text("Nothing is running.")).to_be_visible()
    conduct.check()


def filters(browser, address, folder):
    """Jobs are filtered by state, project, spider and text, paged, and kept up to date."""
    service = Service(address)
    for number in range(3):
        service.schedule("trouble", "quick", "every 2 days", description=f"number {number}")
    service.schedule("bookshop", "books", "every day at 03:30")
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address + "?page=jobs")
    expect(page.get_by_text("No completed jobs.")).to_be_visible()
    page.get_by_label("Scheduled").check()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.get_by_label("Project").select_option("trouble")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_role("searchbox").press_sequentially("number 1")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert "text=number+1" in page.url, page.url
    page.reload()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_role("searchbox")).to_have_value("number 1")
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.get_by_text("No jobs match.")).to_be_visible()

    # Live: a job that comes stands first.
    page.goto(address + "?page=jobs&status=SCHEDULED")
    expect(page.locator("tbody tr")).to_have_count(4)
    expect(page.locator("#connection")).to_have_text("Live")
    for number in range(60):
        service.schedule("trouble", "echo", "every 3 days", description=f"later {number}")
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.get_by_text("64 jobs")).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text("later 59")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(14)
    page.go_back()
    expect(page.locator("tbody tr")).to_have_count(50)
    conduct.check()


def looks(browser, address, folder):
    """It is light and dark by the system, fits a telephone, and a checker for screen readers finds nothing serious."""
    service = Service(address)
    job = service.schedule("trouble", "noisy")
    service.schedule("trouble", "quick", "every 2 days")
    service.schedule("trouble", "fail")
    page = browser.new_page()
    # The page itself tells when the jobs have ended.
    page.goto(address)
    expect(page.get_by_role("heading", name="Recent failures").locator("xpath=../..")).to_contain_text("trouble / fail", timeout=60_000)
    page.goto(f"{address}?page=job&id={job}")
    expect(page.locator("h1 .state")).to_have_text("Successful", timeout=60_000)
    conduct = Conduct(page, address)
    grounds = set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for view in VIEWS + [f"?page=job&id={job}"]:
            page.goto(address + view)
            expect(page.locator("main h1")).to_be_visible()
            expect(page.locator("#connection")).to_have_text("Live")
            conduct.check()
            results = Axe().run(page)
            serious = [found for found in results.response["violations"] if found["impact"] in ("serious", "critical")]
            details = [(found["id"], [node["html"][:200] for node in found["nodes"]]) for found in serious]
            assert not serious, f"{scheme} {view}: {details}"
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2, grounds
    page.set_viewport_size({"width": 360, "height": 740})
    for view in VIEWS + [f"?page=job&id={job}"]:
        page.goto(address + view)
        expect(page.locator("main h1")).to_be_visible()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{view} is {width} wide"
    conduct.check()


def keyboard(browser, address, folder):
    """Everything is reached by the keyboard alone."""
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(address)
    expect(page.locator("main h1")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", name="Projects")).to_be_visible()
    expect(page.locator("main")).to_be_focused()
    run = page.get_by_role("button", name="Run quick")
    for _ in range(40):
        page.keyboard.press("Tab")
        if run.evaluate("button => button === document.activeElement"):
            break
    expect(run).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_label("When", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(run).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").locator(".forecast")).to_contain_text("Once, right away")
    page.keyboard.press("Enter")
    expect(page.locator("h1 .state")).to_have_text("Successful", timeout=60_000)
    page.keyboard.press("/")
    expect(page.get_by_label("Search in the log")).to_be_focused()
    conduct.check()


def free_port():
    """A port that is free, and stays so while nobody listens there: Linux gives those from 32768 on to whoever asks for any
    (ip_local_port_range of ip(7)), also to connections."""
    while True:
        port = random.randrange(20000, 30000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def reconnect(browser, address, folder, program, scrapy):
    """A server that is gone is shown, and the page comes back by itself with what it missed."""
    port = free_port()
    command = [program, "serve", "--spool", f"{folder}/other", "--interface", f"127.0.0.1:{port}", "--scrapy", scrapy]

    def start():
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while "Listening at" not in server.stderr.readline():
            assert server.poll() is None, "the server has ended"
        return server

    address = f"http://127.0.0.1:{port}/"
    server = start()
    try:
        page = browser.new_page()
        page.goto(address)
        expect(page.locator("#connection")).to_have_text("Live")
        server.kill()
        server.wait()
        expect(page.locator("#offline")).to_contain_text("cannot be reached")
        server = start()
        subprocess.run(["curl", "-sSf", "-o", f"{folder}/pushed", "-F", f"archive=@{folder}/trouble.zip",
                        address + "push-project.json"], check=True)
        expect(page.locator("#connection")).to_have_text("Live")
        expect(page.locator("#offline")).to_be_hidden()
        expect(page.get_by_text("Nothing is running.")).to_be_visible()
    finally:
        server.kill()
        server.wait()


def foreign(browser, address, folder):
    """A page of another site, in a browser that has logged in where that is asked for, changes nothing: whatever it sends."""
    service = Service(address)
    job = service.schedule("trouble", "quick", "every 2 days")
    with open(f"{folder}/trouble.zip", "rb") as file:
        archive = base64.b64encode(file.read()).decode()

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>Another site</title><body>")

        def log_message(self, *_):
            pass

    before = tree(f"{folder}/spool")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        # Another port is another origin of the same site, another name another site.
        for host in ("127.0.0.1", "localhost"):
            page = browser.new_page()
            statuses = []
            page.on("response", lambda answer: statuses.append((answer.status, answer.request.method, answer.url))
                    if answer.url.startswith(address) else None)
            page.goto(f"http://{host}:{site.server_port}/")
            with page.expect_response(lambda answer: "beacon" in answer.url):
                outcomes = page.evaluate(ATTACK, {"server": address, "job": job, "archive": archive})
            assert outcomes["read"] == [], outcomes
            posts = [status for status, method, url in statuses if method == "POST"]
            assert len(posts) >= 12 and set(posts) == {403}, statuses
            gets = {status for status, method, url in statuses if method == "GET"}
            assert gets == {403}, statuses
            page.close()
        site.shutdown()
    changed = {path for path, _ in before ^ tree(f"{folder}/spool")}
    assert not changed, changed


# Everything that a page may send without being asked whether it may, and what it may not.
ATTACK = """async ({server, job, archive}) => {
    const fields = {
        'schedule-job.json': {project: 'trouble', spider: 'quick', when: 'now'},
        'cancel-job.json': {id: job}, 'remove-project.json': {name: 'trouble'},
    };
    const send = (path, body, more) => fetch(server + path, {
        method: 'POST', mode: 'no-cors', credentials: 'include', body, ...more,
    }).then(() => {}, () => {});
    const form = (path, fields, enctype) => new Promise(resolve => {
        const frame = document.createElement('iframe');
        frame.name = `frame-${document.querySelectorAll('iframe').length}`;
        const form = document.createElement('form');
        Object.assign(form, {action: server + path, method: 'POST', enctype, target: frame.name});
        for (const [name, value] of Object.entries(fields)) {
            const input = document.createElement('input');
            Object.assign(input, {name, value});
            form.append(input);
        }
        document.body.append(frame, form);
        frame.onload = resolve;
        form.submit();
    });
    const data = fields => {
        const form = new FormData();
        for (const [name, value] of Object.entries(fields)) form.append(name, value);
        return form;
    };
    const bytes = Uint8Array.from(atob(archive), letter => letter.charCodeAt(0));
    await send('push-project.json', data({archive: new File([bytes], 'trouble.zip')}));
    for (const [path, some] of Object.entries(fields)) {
        await send(path, new URLSearchParams(some));
        await send(path, data(some));
        await send(`${path}?${new URLSearchParams(some)}`, 'text');
        await form(path, some, 'application/x-www-form-urlencoded');
        await form(path, some, 'multipart/form-data');
        await fetch(`${server}${path}?${new URLSearchParams(some)}`, {mode: 'no-cors', credentials: 'include'}).catch(() => {});
    }
    navigator.sendBeacon(`${server}schedule-job.json?beacon`, new URLSearchParams(fields['schedule-job.json']));
    // What it may not even see.
    const read = [];
    for (const options of [{}, {method: 'POST', body: new URLSearchParams(fields['schedule-job.json'])},
            {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}]) {
        const path = options.method ? 'schedule-job.json' : 'schedule-job.json?read';
        try { read.push(await (await fetch(server + path, {credentials: 'include', ...options})).text()); } catch { /* well so */ }
    }
    return {read};
}"""


def tree(folder):
    """All files of a spool with what tells one content from another, without those that a server makes in its own time."""
    found = set()
    for directory, below, names in os.walk(folder):
        if directory == folder:
            below[:] = [name for name in below if name != "ready"]
            names = [name for name in names if name != "ballast"]
        for name in names:
            path = os.path.join(directory, name)
            information = os.lstat(path)
            found.add((path, (information.st_ino, information.st_size, information.st_mtime_ns)))
    return found


def login(browser, address, folder, user, password):
    """A form asks for name and password, and the page works until somebody logs out or the login ends."""
    context = browser.new_context()
    page = context.new_page()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(address)
        serious = [found for found in Axe().run(page).response["violations"] if found["impact"] in ("serious", "critical")]
        assert not serious, f"{scheme}: {[found['id'] for found in serious]}"
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{address}?page=jobs&status=ACTIVE")
    enter = page.get_by_role("button", name="Log in")
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill("<b>guess")
    enter.click()
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong")
    expect(page.get_by_label("Name")).to_have_value(user)
    expect(page.get_by_label("Password")).to_have_value("")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    expect(page.locator("#connection")).to_have_text("Live")
    assert page.url == f"{address}?page=jobs&status=ACTIVE", page.url
    assert page.evaluate("document.cookie") == "", "a script can read the cookie"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    conduct = Conduct(page, address)
    page.reload()
    expect(page.locator("#connection")).to_have_text("Live")
    page.get_by_role("button", name="Schedule…").click()
    page.get_by_role("dialog").get_by_label("Spider").select_option("quick")
    page.get_by_role("dialog").get_by_role("button", name="Schedule").click()
    expect(page.locator("h1 .state")).to_have_text("Successful", timeout=60_000)
    expect(page.locator(".lines")).to_contain_text("Spider closed (finished)")
    conduct.check()

    # Whoever logs out is out, here and with what was kept of the cookie.
    kept = context.cookies()
    page.get_by_role("button", name="Log out").click()
    expect(enter).to_be_visible()
    assert not context.cookies(), context.cookies()
    context.add_cookies(kept)
    page.goto(address)
    expect(page.get_by_role("alert")).to_have_text("Your login has ended")

    # A page whose login ends meanwhile asks for another one, and comes back to where it was.
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(password)
    enter.click()
    expect(page.locator("#connection")).to_have_text("Live")
    context.clear_cookies()
    page.get_by_role("link", name="Projects", exact=True).first.click()
    expect(enter).to_be_visible()
    page.get_by_label("Name").fill(user)
    page.get_by_label("Password").fill(password)
    enter.click()
    expect(page.get_by_role("heading", name="trouble")).to_be_visible()
    assert page.url == f"{address}?page=projects", page.url


def users(browser, address, folder, user, password, reader, token):
    """Who may deploy sees all logins and how they are changed; who may read sees neither the link nor the list."""
    page = browser.new_page()

    def enter(name, secret):
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(secret)
        page.keyboard.press("Enter")
        expect(page.locator("#connection")).to_have_text("Live")

    page.goto(address)
    enter(user, password)
    # From here on: before the login there is an answer with 401.
    conduct = Conduct(page, address)
    page.get_by_role("link", name="Users", exact=True).click()
    expect(page.get_by_role("heading", name="Users")).to_be_visible()
    expect(page.get_by_role("link", name="Users", exact=True)).to_have_attribute("aria-current", "page")
    own = page.locator("tbody tr").filter(has_text=user)
    expect(own).to_contain_text("Password, in plain text")
    expect(own).to_contain_text("127.0.0.1")
    expect(own.locator("td.number")).to_have_text("1")
    other = page.locator("tbody tr").filter(has_text=reader)
    expect(other).to_contain_text("read")
    expect(other.locator(".time")).to_have_text("–")
    expect(page.locator("main")).to_contain_text("scrapy-spool passwd --file")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = [each for each in Axe().run(page).response["violations"] if each["impact"] in ("serious", "critical")]
        assert not found, f"{scheme}: {[(each['id'], each['nodes'][0]['html']) for each in found]}"
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_viewport_size({"width": 1280, "height": 800})
    conduct.check()
    page.get_by_role("button", name="Log out").click()
    # It loads the page again, which must not meet the next navigation.
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    page.goto(f"{address}?page=users")
    enter(reader, token)
    expect(page.get_by_role("heading", name="Not available")).to_be_visible()
    expect(page.locator("main")).to_contain_text("this needs a login that may push and remove projects")
    expect(page.get_by_role("link", name="Users", exact=True)).to_be_hidden()
    page.get_by_role("link", name="Overview", exact=True).click()
    expect(page.get_by_role("heading", name="Not available")).to_be_hidden()


def long(browser, address, folder, job):
    """A log of 1 GiB opens at its end at once, and goes back from there."""
    page = browser.new_page()
    conduct = Conduct(page, address)
    page.goto(f"{address}?page=job&id={job}")
    expect(page.locator(".lines")).to_contain_text("the very last line")
    # What it has asked for, and not how long that took: others use the machine as well.
    sizes = page.wait_for_function(ANSWERED, arg="/get-log/").json_value()
    assert 0 < sum(sizes) < 2 << 20, f"it has read {sizes} bytes"
    earlier = page.get_by_role("button", name="Earlier")
    expect(earlier).to_contain_text("1.0 GiB more")
    before = page.locator(".lines > div").count()
    earlier.click()
    page.wait_for_function("before => document.querySelectorAll('.lines > div').length > before + 1000", arg=before)
    searched = page.locator(".log [role=status]")
    page.get_by_label("Search in the log").fill("LINE 5000 of many")
    expect(searched).to_have_text(re.compile(r"^none in the last [\d.]+ KiB of 1\.0 GiB$"))
    page.get_by_role("button", name="Search before").click()
    expect(searched).to_have_text(re.compile(r"^1 of 1 in the last [\d.]+ [KM]iB of 1\.0 GiB$"))
    expect(page.locator(".lines")).to_contain_text("line 5000 of many")
    numbers = page.locator(".lines > div").all_inner_texts()
    numbers = [int(text.split()[1]) for text in numbers if text.startswith("line ")]
    assert numbers == list(range(numbers[0], numbers[-1] + 1)), "lines are missing or come twice"
    conduct.check()


if __name__ == "__main__":
    # Before PageTests.swift ends it: where it waits is then said.
    faulthandler.dump_traceback_later(380)
    with chromium() as browser:
        {"push": push, "watch": watch, "cancel": cancel, "filters": filters, "looks": looks, "keyboard": keyboard,
         "reconnect": reconnect, "login": login, "foreign": foreign, "long": long, "held": held, "like": like,
         "notice": notice, "overtaken": overtaken, "searching": searching, "certificate": certificate, "scrapy": scrapy, "by": by, "users": users, "options": options,
         "versions": versions, "spider": spider, "firing": firing, "changed": changed, "lines": lines,
         "selection": selection, "recall": recall, "preview": preview, "kept": kept, "help": help_, "choices": choices}[sys.argv[1]](browser, *sys.argv[2:])
