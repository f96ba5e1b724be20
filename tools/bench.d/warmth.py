"""What a job of real Scrapy takes, started cold and warm (`warm = on`), in turn in one run, and with scrapyd and scrapy-do.

The trivial spider reads its own module, yields an item into a feed, and notes when it was opened. Another one stays, and is
looked at; a third scrapes a dozen pages of a site on this machine. scrapyd looks for jobs all the time here: with its
defaults it starts one each five seconds.
"""

import io
import os
import re
import time
import uuid
import zipfile

import clients
import perflib as P
import targets as T

RUN = uuid.uuid4().hex[:8]
SCRAPY = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../.venv/bin')
SPIDER = '''
import json, os, pathlib, time
import scrapy


class Base(scrapy.Spider):
    @classmethod
    def from_crawler(cls, crawler, *arguments, **named):
        spider = super().from_crawler(crawler, *arguments, **named)
        crawler.signals.connect(spider.note_opened, scrapy.signals.spider_opened)
        return spider

    def note_opened(self, *_, **__):
        self.note("start", time.clock_gettime_ns(time.CLOCK_MONOTONIC))

    def note(self, kind, number):
        place = os.path.join("EVENTS", kind + "-" + json.loads(self.payload)["tag"])
        with open(place + ".new", "w") as file:
            file.write(str(number))
        os.rename(place + ".new", place)


class Noop(Base):
    name = "noop"
    start_urls = [pathlib.Path(__file__).as_uri()]

    def parse(self, response):
        yield {"size": len(response.body)}


class Stays(Noop):
    name = "stays"

    def parse(self, response):
        self.note("pid", os.getpid())
        while not os.path.exists(os.path.join("EVENTS", "go")):
            time.sleep(0.05)
        yield {}


class Shop(Base):
    name = "shop"
    start_urls = ["SITE"]

    def parse(self, response):
        yield from response.follow_all(css="a", callback=self.parse_item)

    def parse_item(self, response):
        yield {"title": response.css("h1::text").get(), "price": response.css(".price::text").re_first("[0-9.]+")}
'''
SETTINGS = '''
BOT_NAME = "NAME"
SPIDER_MODULES = ["NAME.spiders"]
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
FEEDS = {"items.jsonl": {"format": "jsonlines"}}
'''


def archive(name, events, site, is_egg):
    """The project as a zip archive, or as an egg of scrapyd. Its bytes."""
    packed, above = io.BytesIO(), '' if is_egg else name + '/'
    with zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as z:
        if is_egg:
            z.writestr('EGG-INFO/PKG-INFO', 'Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n' % name)
            z.writestr('EGG-INFO/entry_points.txt', '[scrapy]\nsettings = %s.settings\n' % name)
        else:
            z.writestr(above + 'scrapy.cfg', '[settings]\ndefault = %s.settings\n[deploy]\nproject = %s\n' % (name, name))
        z.writestr('%s%s/__init__.py' % (above, name), '')
        z.writestr('%s%s/settings.py' % (above, name), SETTINGS.replace('NAME', name))
        z.writestr('%s%s/spiders.py' % (above, name), SPIDER.replace('EVENTS', events).replace('SITE', site))
    return packed.getvalue()


def site(nginx):
    """A page with a dozen links to others. The address of the first."""
    links = ''.join('<a href="v-item-%d.html">%d</a>' % (n, n) for n in range(12))
    nginx.put('v-shop.html', ('<html><body>%s</body></html>' % links).encode())
    for n in range(12):
        nginx.put('v-item-%d.html' % n, (
            '<html><body><h1>Item %d</h1><p class="price">%d.50 EUR</p>%s</body></html>' % (n, n, '<p>words</p>' * 200)).encode())
    return nginx.url('v-shop.html')


class Scrapyd(clients.Fast):
    """scrapyd with its own runner."""

    def command(self, slots, cap):
        words, more = super().command(slots, cap)
        path = os.path.join(self.state, 'scrapyd.conf')
        with open(path) as file:
            text = file.read()
        with open(path, 'w') as file:
            file.write(text.replace('runner = fake_runner\n', ''))
        return words, {}


def parents(pid):
    """The processes that warm spiders are made from."""
    found = []
    for name in os.listdir('/proc'):
        try:
            with open('/proc/%s/stat' % name) as stat, open('/proc/%s/cmdline' % name) as line:
                if int(stat.read().rpartition(')')[2].split()[1]) == pid and 'warm.py' in line.read():
                    found.append(int(name))
        except (OSError, ValueError):
            pass
    return found


def spent(t):
    return P.cpu_s(t.pid, True) + sum(P.cpu_s(pid) for pid in parents(t.pid))


def wait_for(t, client, job):
    end = time.monotonic() + 120
    while not t.job_done(client, job):
        if time.monotonic() > end:
            raise RuntimeError('%s: the job does not end' % t.name)
        time.sleep(0.01)


def settle(t, client, is_warm):
    """Runs jobs until they start as they are to be measured."""
    for number in range(40):
        wait_for(t, client, t.schedule(client, 'noop', 'v-%s-settle-%d' % (RUN, number)))
        if not is_warm or parents(t.pid) and number > 1:
            return
    raise RuntimeError('%s: there is no parent of warm spiders' % t.name)


def through_slots(t, client, spider, tag, number):
    """Jobs a second through two slots."""
    t0 = time.monotonic()
    for i in range(number):
        t.schedule(client, spider, '%s-%d' % (tag, i))
    while t.count_active(client):
        time.sleep(0.01)
    return number / (time.monotonic() - t0)


def measure(ctx, t, case, number, crawls, blob, is_own):
    """CPU and time of jobs one after the other, and of many; and what spiders have of memory."""
    is_warm = case == 'v warm'
    t.fresh_state('v')
    t.start(slots=2, programs=SCRAPY)
    client = t.client()
    t.push(client, T.PROJECT, blob)
    settle(t, client, is_warm)
    # A parent becomes ready beside the first jobs.
    time.sleep(3 if is_warm else 0)
    run, opened, before = uuid.uuid4().hex[:8], [], spent(t)
    for i in range(number):
        tag = 'v-%s-%d' % (run, i)
        t0 = P.now_ns()
        job = t.schedule(client, 'noop', tag)
        start = ctx.event('start', tag, 60)
        wait_for(t, client, job)
        if start is None:
            raise RuntimeError('%s: the spider was not opened' % t.name)
        opened.append((start - t0) / 1e6)
    ctx.res.add(case, 'CPU per job', t.name, (spent(t) - before) / number * 1e3, 'ms')
    ctx.res.add(case, 'POST to opened p50', t.name, P.pct(opened, .5), 'ms')
    ctx.res.add(case, 'jobs/s slots=2', t.name, through_slots(t, client, 'noop', 'v-%s-many' % run, number), '/s')
    ctx.res.add(case, 'crawls/s slots=2', t.name, through_slots(t, client, 'shop', 'v-%s-shop' % run, crawls), '/s')
    if is_own:
        ctx.res.add(case, 'private dirty memory', t.name, memory(ctx, t, client, run), 'MiB')
    if is_warm:
        look_at_parent(ctx, t, client, case, run, number)
    if is_own:
        ctx.res.add(case, 'warm starts', t.name, starts(t.state, 'warm'), '')
        ctx.res.add(case, 'cold starts', t.name, starts(t.state, 'cold'), '')
    client.close()
    t.stop(hard=True)


def memory(ctx, t, client, run):
    """What two spiders that run at the same time have each for themselves."""
    tags = ['v-%s-stay-%d' % (run, i) for i in range(2)]
    jobs = [t.schedule(client, 'stays', tag) for tag in tags]
    sizes = []
    for tag in tags:
        with open('/proc/%d/smaps_rollup' % ctx.event('pid', tag, 60)) as file:
            sizes.append(int(re.search(r'^Private_Dirty: +([0-9]+) kB', file.read(), re.M)[1]) / 1024)
    go = ctx.bin + '/events/go'
    open(go, 'w').close()
    for job in jobs:
        wait_for(t, client, job)
    os.unlink(go)
    return sum(sizes) / 2


def look_at_parent(ctx, t, client, case, run, number):
    """How often an idle parent wakes up, and how it grows over many starts."""
    parent, = parents(t.pid)
    before = P.wake_ups(parent)
    time.sleep(10)
    ctx.res.add(case, 'wake-ups of the parent in 10 s', t.name, P.wake_ups_since(before, parent), '')
    size, count = P.rss_mib(parent), 1000 if number > 10 else 50
    through_slots(t, client, 'noop', 'v-%s-thousand' % run, count)
    if parents(t.pid) != [parent]:
        raise RuntimeError('%s: the parent of warm spiders did not stay' % t.name)
    ctx.res.add(case, 'RSS of the parent', t.name, size, 'MiB')
    ctx.res.note('v: the parent made %d spiders while its growth was measured' % count)
    ctx.res.add(case, 'growth of the parent', t.name, (P.rss_mib(parent) / size - 1) * 100, '%')


def starts(state, way):
    count = 0
    for folder, _, files in os.walk(state + '/spool/jobs'):
        if 'status' in files:
            with open(folder + '/status') as f:
                count += ' start=' + way in f.read()
    return count


def case_v(ctx):
    number, crawls = (10, 20) if ctx.a.quick else (30, 200)
    nginx = T.Nginx(ctx)
    page = site(nginx)
    blobs = {is_egg: archive(T.PROJECT, ctx.bin + '/events', page, is_egg) for is_egg in (False, True)}
    scrapyd = Scrapyd('scrapyd', ctx, os.path.join(P.HERE, '../../.venv-scrapyd'))
    for r, order in ctx.turns():
        for t in [*order, scrapyd]:
            is_own = isinstance(t, T.Exec)
            for case in ('v cold', 'v warm') if is_own else ('v cold',):
                if is_own:
                    t.spec.setdefault('env', {})['SCRAPY_SPOOL_WARM'] = 'on' if case == 'v warm' else 'off'
                print('case %s, %s, round %d' % (case, t.name, r), flush=True)
                measure(ctx, t, case, number, crawls, blobs[t is scrapyd], is_own)
    nginx.stop()
