"""Pictures of every page: pictures.py URL SITE ARCHIVES FOLDER; of a server in trouble with a login: pictures.py URL FOLDER. See
tools/screenshots."""

import contextlib
import json
import sys

from playwright.sync_api import expect

from browser import Conduct, Service, chromium


@contextlib.contextmanager
def camera(address, folder):
    """A page, its conduct, and a function that has pictures taken of it."""
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 860}).new_page()
        conduct = Conduct(page, address)

        def picture(name, path=None, ready="main h1", full=False):
            if path is not None:
                page.goto(address + path)
            page.wait_for_selector(ready)
            if page.locator("#connection").count():
                expect(page.locator("#connection")).to_have_text("Live")
            # What was drawn last is on the screen.
            page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            page.screenshot(path=f"{folder}/{name}.png", full_page=full)

        yield page, conduct, picture
        conduct.check()


def narrow(page, scheme="light"):
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)


def troubled(address, folder):
    """A copy of the spool, served with a login and with a Scrapy that cannot run: alice, with all rights."""
    with camera(address, folder) as (page, conduct, picture):
        page.goto(f"{address}?page=users")
        picture("40-login", None, "form")
        page.get_by_label("Name").fill("alice")
        page.get_by_label("Password").fill("wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]")
        narrow(page, "dark")
        picture("41-narrow-dark-login-wrong", None, "form")
        conduct.faults.clear()
        page.get_by_label("Name").fill("alice")
        page.get_by_label("Password").fill("open sesame")
        page.keyboard.press("Enter")
        page.wait_for_selector("main h1")
        picture("42-narrow-dark-users", None, full=True)
        page.set_viewport_size({"width": 1280, "height": 860})
        picture("43-dark-users", None, full=True)
        page.emulate_media(color_scheme="light")
        picture("44-users", None, full=True)
        picture("45-overview-held", "")
        narrow(page)
        picture("46-narrow-overview-held", "")


def main(address, site, archives, folder):
    service = Service(address)
    with camera(address, folder) as (page, conduct, picture):
        picture("01-empty", "")
        page.goto(address + "?page=projects")
        for name in ("bookshop", "trouble"):
            page.set_input_files("#archive", f"{archives}/{name}.zip")
            page.wait_for_selector(f".SUCCESSFUL:has-text('{name} is pushed')", timeout=60_000)
        # The errors that the browser itself writes about what the server refuses are no fault of the page.
        page.set_input_files("#archive", f"{archives}/broken.zip")
        page.wait_for_selector(".drop .FAILED", timeout=60_000)
        picture("02-push-failed")
        conduct.faults.clear()

        payload = json.dumps({"site": site})
        done = [service.schedule("bookshop", "books", payload=payload, description="the whole shop")]
        done += [service.schedule("trouble", "fail"), service.schedule("trouble", "noisy", payload='{"lines": 20000}')]
        done += [service.schedule("bookshop", "authors", payload=payload)]
        page.goto(address + "?page=jobs&status=ACTIVE")
        expect(page.get_by_text("No active jobs.")).to_be_visible(timeout=120_000)
        schedule = service.schedule("bookshop", "authors", "every day at 03:30", description="all authors")
        service.schedule("bookshop", "books", "every 2 hours", payload=payload)
        service.schedule("trouble", "quick", "cron 0 4 * * mon-fri in Europe/Warsaw", description="nothing at all")
        running = [service.schedule("trouble", "hang", description=f"crawl {number}") for number in range(5)]
        page.goto(f"{address}?page=job&id={running[0]}")
        expect(page.locator(".lines")).to_contain_text("hanging 5", timeout=30_000)

        picture("03-overview", "")
        picture("04-projects", "?page=projects")
        picture("05-jobs-completed", "?page=jobs")
        picture("06-jobs-active", "?page=jobs&status=ACTIVE")
        picture("23-spider", "?page=spider&project=bookshop&spider=books", ".strip", True)
        picture("24-schedule", f"?page=job&id={schedule}", ".plain li", True)
        picture("07-job-running", f"?page=job&id={running[0]}", ".lines div:nth-child(12)", True)
        picture("08-job-done", f"?page=job&id={done[0]}", ".lines div:nth-child(12)", True)
        page.fill(".log input[type=search]", "item")
        picture("09-job-search", None)
        page.click("text=Files")
        picture("10-job-files", None, ".log table")
        page.get_by_role("button", name="View items.jsonl").click()
        picture("22-job-file", None, ".files .items")
        picture("11-job-failed", f"?page=job&id={done[1]}", ".lines", True)
        picture("12-job-long", f"?page=job&id={done[2]}", ".earlier", True)
        page.goto(address)
        page.click("#schedule")
        page.fill("dialog [name=when]", "cron 30 6 1,15 * * in Europe/Warsaw")
        picture("13-schedule", None, "dialog li")
        page.fill("dialog [name=when]", "every full moon")
        picture("14-schedule-wrong", None, ".forecast.wrong")
        conduct.check()
        page.goto(f"{address}?page=job&id={schedule}")
        page.get_by_role("button", name="Edit…").click()
        picture("27-schedule-change", None, "dialog li")
        page.locator("dialog summary").first.click()
        page.locator("dialog summary").last.click()
        page.get_by_role("button", name="Add an argument").click()
        picture("28-schedule-options", None, "dialog details[open]")
        page.get_by_role("dialog").get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Pause").click()
        picture("29-schedule-paused", None, "text=Resume", True)
        picture("30-jobs-scheduled", "?page=jobs&status=SCHEDULED")
        page.goto(f"{address}?page=job&id={done[0]}")
        page.get_by_role("button", name="Delete…").click()
        picture("31-job-delete", None, "dialog")
        page.goto(f"{address}?page=jobs&status=ALL")
        page.get_by_label("Select all on this page").check()
        picture("32-jobs-selected", None, ".selection")
        page.keyboard.press("?")
        picture("33-keys", None, ".keys")
        page.goto(address + "?page=projects")
        page.get_by_role("button", name="Versions…").first.click()
        picture("34-versions", None, "dialog")

        page.emulate_media(color_scheme="dark")
        picture("15-dark-overview", "")
        picture("16-dark-job", f"?page=job&id={done[0]}", ".lines div:nth-child(12)", True)
        picture("17-dark-jobs", "?page=jobs")
        picture("25-dark-spider", "?page=spider&project=bookshop&spider=books", ".strip", True)
        picture("35-dark-projects", "?page=projects")
        picture("36-dark-job-failed", f"?page=job&id={done[1]}", ".lines", True)
        page.goto(f"{address}?page=job&id={schedule}")
        page.get_by_role("button", name="Edit…").click()
        picture("37-dark-schedule-change", None, "dialog li")
        narrow(page, "dark")
        picture("38-narrow-dark-schedule-change", None, "dialog li")
        picture("39-narrow-dark-schedule", f"?page=job&id={schedule}", "text=Its times pass", True)
        narrow(page)
        picture("18-narrow-overview", "", full=True)
        picture("19-narrow-projects", "?page=projects", full=True)
        picture("20-narrow-job", f"?page=job&id={done[0]}", ".lines div:nth-child(12)", True)
        picture("21-narrow-jobs", "?page=jobs", full=True)
        picture("26-narrow-spider", "?page=spider&project=bookshop&spider=books", ".strip", True)
        page.goto(f"{address}?page=job&id={done[0]}")
        page.get_by_role("tab", name="Files").click()
        page.get_by_role("button", name="View items.jsonl").click()
        picture("47-narrow-files", None, ".files .items", True)
        picture("48-narrow-job-failed", f"?page=job&id={done[1]}", ".lines", True)
        page.goto(f"{address}?page=jobs&status=ALL")
        page.locator(".pick-job").first.check()
        picture("49-narrow-jobs-selected", None, ".selection")
        for job in running:
            service.post("cancel-job.json", id=job)


(main if len(sys.argv) > 3 else troubled)(*sys.argv[1:])
