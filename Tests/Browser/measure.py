"""Measures the page: measure.py URL LEEWAY [FRESH]. Prints how long each view takes from the navigation until it can be used, and
how much memory JavaScript holds after an hour's worth of events; ends with 1 where a goal is missed.

LEEWAY says how many times as long it may take as the goal says: inf, for any time, where others use the machine as well.
With FRESH the server has just been started, and the time counts until it has read all finished jobs.
"""

import json
import statistics
import sys
import time

from browser import Conduct, Service, chromium

MOST_MILLISECONDS = 150
MOST_HEAP = 10e6
ROUNDS = 7
# One job a second, each of which is pending, runs and ends.
HOUR = [(state, second) for second in range(3600) for state in ("PENDING", "RUNNING", "SUCCESSFUL")]

# Usable: the view is there with what listens to clicks and keys, it has been painted, and the page has time again.
WATCH = """
window.usable = new Promise(resolve => addEventListener('DOMContentLoaded', () => {
    const look = () => document.querySelector('main h1')
        ? requestAnimationFrame(() => setTimeout(() => resolve(performance.now()))) : requestAnimationFrame(look);
    look();
}));
"""

# From a click on a link until the view behind it is there and painted.
GO = """
link => new Promise(resolve => {
    const start = performance.now(), old = document.querySelector('main h1');
    const look = () => document.querySelector('main h1') !== old
        ? setTimeout(() => resolve(performance.now() - start)) : requestAnimationFrame(look);
    link.click();
    look();
})
"""


class Goals:
    """What was measured, and whether it is as it should be."""

    def __init__(self, leeway):
        self.isMissed = False
        self.leeway = leeway

    def tell(self, name, values, most, unit):
        value = statistics.median(values)
        most *= self.leeway if unit == "ms" else 1
        self.isMissed |= value > most
        print(f"{'MISSED' if value > most else 'ok':8}{name:44}{value:7.1f} {unit} (at worst {max(values):.1f}, goal {most:g})")


def navigations(browser, address, goals):
    """Each view, as a new page and by a link."""
    service = Service(address)
    jobs = service.get("list-jobs.json", status="COMPLETED", limit=1000)["jobs"]
    last, first = jobs[-1]["identifier"], jobs[0]["identifier"]
    project = jobs[0]["project"]
    schedule = service.schedule(project, jobs[0]["spider"], "every day at 03:30")
    context = browser.new_context()
    page = context.new_page()
    conduct = Conduct(page, address)
    page.add_init_script(WATCH)
    for name, view in [
        ("overview", ""), ("projects", "?page=projects"), ("jobs", "?page=jobs"),
        ("jobs, failed ones of a project", f"?page=jobs&status=FAILED&project={project}"),
        ("jobs, found by a text", "?page=jobs&text=number+99"), ("jobs, page 21", f"?page=jobs&after={last}"),
        ("job", f"?page=job&id={first}"), ("spider", f"?page=spider&project={project}&spider={jobs[0]['spider']}"),
        ("schedule", f"?page=job&id={schedule}"), ("users", "?page=users"),
    ]:
        times = []
        for _ in range(ROUNDS):
            page.goto("about:blank")
            page.goto(address + view)
            times.append(page.evaluate("window.usable"))
        goals.tell(f"{name}, opened", times, MOST_MILLISECONDS, "ms")
    page.goto(address)
    page.wait_for_selector("main h1")
    times = {"?page=projects": [], "?page=jobs": [], "./": []}
    for _ in range(ROUNDS):
        for href, taken in times.items():
            taken.append(page.query_selector(f'nav a[href="{href}"]').evaluate(GO))
    for href, taken in times.items():
        goals.tell(f"{href}, by its link", taken, MOST_MILLISECONDS, "ms")
    conduct.check()
    context.close()
    service.post("cancel-job.json", id=schedule)


def hour(browser, address, goals):
    """An hour's worth of events, one after the other, and what is left of it in memory."""
    service = Service(address)
    record = service.get("list-jobs.json", status="COMPLETED", limit=1, facts=1)["jobs"][0]
    del record["payload"]
    events = ["retry: 600000\n\n"]
    for number, (state, second) in enumerate(HOUR):
        job = {**record, "identifier": f"{second:08x}-0000-7000-8000-000000000000", "status": state}
        events.append(f"event: job\nid: replay-{number}\ndata: {json.dumps(job)}\n\n")
    job = record["identifier"]
    for name, view in [("overview", ""), ("projects", "?page=projects"), ("jobs", "?page=jobs"), ("job", f"?page=job&id={job}")]:
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script("""
            window.heard = 0;
            const listen = EventSource.prototype.addEventListener;
            EventSource.prototype.addEventListener = function (type, on) {
                listen.call(this, type, event => { on(event); window.heard += 1; });
            };
        """)
        page.route("**/events*", lambda route: route.fulfill(
            status=200, headers={"Content-Type": "text/event-stream"}, body="".join(events)))
        page.goto(address + view)
        page.wait_for_function(f"() => window.heard >= {len(HOUR)}", timeout=120_000)
        session = context.new_cdp_session(page)
        session.send("Performance.enable")

        def heap():
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")

        before = heap()
        session.send("HeapProfiler.collectGarbage")
        goals.tell(f"{name}, heap after {len(HOUR)} events", [heap() / 1e6], MOST_HEAP / 1e6, "MB")
        print(f"{'':8}{'':44}{before / 1e6:7.1f} MB before what is no longer used was collected")
        context.close()


def weight(browser, address, goals):
    """All files of the page."""
    page = browser.new_page()
    sizes = {}
    page.on("response", lambda answer: sizes.update({answer.url: len(answer.body())}) if "/events" not in answer.url else None)
    page.goto(address)
    page.wait_for_selector("main h1")
    page.wait_for_load_state("load")
    files = {url: size for url, size in sizes.items() if url.startswith(address)}
    goals.tell(f"weight of {len(files)} files", [sum(files.values()) / 1000], 160, "kB")
    page.close()


def fresh(browser, address, goals):
    """The first page of a server that has just been started."""
    page = browser.new_page()
    page.add_init_script(WATCH)
    start = time.monotonic()
    page.goto(address)
    goals.tell("overview, opened first after a start", [page.evaluate("window.usable")], MOST_MILLISECONDS, "ms")
    worst = 0
    while Service(address).get("overview.json", wait="no").get("whole", True) is False:
        asked = time.monotonic()
        Service(address).get("status.json")
        worst = max(worst, time.monotonic() - asked)
        page.wait_for_timeout(100)
    print(f"{'':8}all finished jobs read after {time.monotonic() - start:.1f} s; status.json meanwhile {worst * 1000:.1f} ms at worst")
    page.wait_for_function("() => !document.body.textContent.includes('still reading older jobs')")
    page.close()


if __name__ == "__main__":
    goals = Goals(float(sys.argv[2]))
    with chromium() as browser:
        if len(sys.argv) > 3:
            fresh(browser, sys.argv[1], goals)
        weight(browser, sys.argv[1], goals)
        navigations(browser, sys.argv[1], goals)
        hour(browser, sys.argv[1], goals)
    sys.exit(goals.isMissed)
