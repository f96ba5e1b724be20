"""Pictures of every page: pictures.py URL SITE ARCHIVES FOLDER. See tools/screenshots."""

import json
import sys

from playwright.sync_api import expect

from browser import Conduct, Service, chromium


def main(address, site, archives, folder):
    service = Service(address)
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        conduct = Conduct(page, address)

        def picture(name, path=None, ready="main h1", full=False):
            if path is not None:
                page.goto(address + path)
            page.wait_for_selector(ready)
            expect(page.locator("#connection")).to_have_text("Live")
            # What was drawn last is on the screen.
            page.evaluate("new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
            page.screenshot(path=f"{folder}/{name}.png", full_page=full)

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
        expect(page.get_by_text("No job is active.")).to_be_visible(timeout=120_000)
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
        page.get_by_role("button", name="Look at items.jsonl").click()
        picture("22-job-file", None, ".files pre")
        picture("11-job-failed", f"?page=job&id={done[1]}", ".lines", True)
        picture("12-job-long", f"?page=job&id={done[2]}", ".earlier", True)
        page.goto(address)
        page.click("#schedule")
        page.fill("dialog [name=when]", "cron 30 6 1,15 * * in Europe/Warsaw")
        picture("13-schedule", None, "dialog li")
        page.fill("dialog [name=when]", "every full moon")
        picture("14-schedule-wrong", None, ".forecast.wrong")
        conduct.check()

        page.emulate_media(color_scheme="dark")
        picture("15-dark-overview", "")
        picture("16-dark-job", f"?page=job&id={done[0]}", ".lines div:nth-child(12)", True)
        picture("17-dark-jobs", "?page=jobs")
        picture("25-dark-spider", "?page=spider&project=bookshop&spider=books", ".strip", True)
        page.set_viewport_size({"width": 390, "height": 844})
        page.emulate_media(color_scheme="light")
        picture("18-narrow-overview", "", full=True)
        picture("19-narrow-projects", "?page=projects", full=True)
        picture("20-narrow-job", f"?page=job&id={done[0]}", ".lines div:nth-child(12)", True)
        picture("21-narrow-jobs", "?page=jobs", full=True)
        picture("26-narrow-spider", "?page=spider&project=bookshop&spider=books", ".strip", True)
        conduct.check()
        for job in running:
            service.post("cancel-job.json", id=job)


main(*sys.argv[1:])
