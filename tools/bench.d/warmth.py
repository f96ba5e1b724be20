"""What a job of real Scrapy takes, started cold and warm (`warm = on`), in turn in one run.

The spider reads its own module, yields an item into a feed, and notes when it was opened.
"""

import os
import time
import uuid
import zipfile

import perflib as P
import targets as T

RUN = uuid.uuid4().hex[:8]
SCRAPY = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../.venv/bin')
SPIDER = '''
import json, os, pathlib, time
import scrapy


class Noop(scrapy.Spider):
    name = "noop"
    start_urls = [pathlib.Path(__file__).as_uri()]

    @classmethod
    def from_crawler(cls, crawler, *arguments, **named):
        spider = super().from_crawler(crawler, *arguments, **named)
        crawler.signals.connect(spider.note_opened, scrapy.signals.spider_opened)
        return spider

    def note_opened(self, *_, **__):
        place = os.path.join("EVENTS", "start-" + json.loads(self.payload)["tag"])
        with open(place + ".new", "w") as file:
            file.write(str(time.clock_gettime_ns(time.CLOCK_MONOTONIC)))
        os.rename(place + ".new", place)

    def parse(self, response):
        yield {"size": len(response.body)}
'''
SETTINGS = '''
BOT_NAME = "NAME"
SPIDER_MODULES = ["NAME.spiders"]
TELNETCONSOLE_ENABLED = False
LOG_LEVEL = "INFO"
FEEDS = {"items.jsonl": {"format": "jsonlines"}}
'''


def archive(path, name, events):
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr(name + '/scrapy.cfg', '[settings]\ndefault = %s.settings\n[deploy]\nproject = %s\n' % (name, name))
        z.writestr('%s/%s/__init__.py' % (name, name), '')
        z.writestr('%s/%s/settings.py' % (name, name), SETTINGS.replace('NAME', name))
        z.writestr('%s/%s/spiders.py' % (name, name), SPIDER.replace('EVENTS', events))
    return path


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


def measure(ctx, t, way, number, round_number):
    t.spec.setdefault('env', {})['SCRAPY_SPOOL_WARM'] = 'on' if way == 'warm' else 'off'
    t.fresh_state('v')
    t.start(slots=2, programs=SCRAPY)
    client = t.client()
    with open(archive(ctx.work + '/v.zip', T.PROJECT, ctx.bin + '/events'), 'rb') as f:
        t.push(client, T.PROJECT, f.read())
    settle(t, client, way == 'warm')
    # A parent becomes ready beside the first jobs.
    time.sleep(3)
    case, opened, before = 'v ' + way, [], spent(t)
    for i in range(number):
        tag = 'v-%s-%s-%d-%d' % (RUN, way, round_number, i)
        t0 = P.now_ns()
        job = t.schedule(client, 'noop', tag)
        start = ctx.event('start', tag, 60)
        wait_for(t, client, job)
        if start is None:
            raise RuntimeError('%s: the spider was not opened' % t.name)
        opened.append((start - t0) / 1e6)
    ctx.res.add(case, 'CPU per job', t.name, (spent(t) - before) / number * 1e3, 'ms')
    ctx.res.add(case, 'POST to opened p50', t.name, P.pct(opened, .5), 'ms')
    t0 = time.monotonic()
    jobs = [t.schedule(client, 'noop', 'v-%s-%s-%d-many-%d' % (RUN, way, round_number, i)) for i in range(number)]
    while t.count_active(client):
        time.sleep(0.01)
    ctx.res.add(case, 'jobs/s slots=2', t.name, len(jobs) / (time.monotonic() - t0), '/s')
    ctx.res.add(case, 'warm starts', t.name, starts(t.state, 'warm'), '')
    ctx.res.add(case, 'cold starts', t.name, starts(t.state, 'cold'), '')
    client.close()
    t.stop(hard=True)


def starts(state, way):
    count = 0
    for folder, _, files in os.walk(state + '/spool/jobs'):
        if 'status' in files:
            with open(folder + '/status') as f:
                count += ' start=' + way in f.read()
    return count


def case_v(ctx):
    number = 10 if ctx.a.quick else 30
    for r, order in ctx.turns():
        for t in order:
            if isinstance(t, T.Exec):
                for way in ('cold', 'warm'):
                    print('case v, %s, round %d' % (way, r), flush=True)
                    measure(ctx, t, way, number, r)
