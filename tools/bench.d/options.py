"""What options and reports of jobs cost: jobs that wait behind a tag, lists with facts, the report of a real crawl."""

import os
import resource
import shutil
import subprocess
import uuid

import perflib as P
import starting
import targets as T

RUN = uuid.uuid4().hex[:8]
TAG = 'busy'
SPIDER = '''
import scrapy


class PagesSpider(scrapy.Spider):
    name = 'pages'
    custom_settings = {'TELNETCONSOLE_ENABLED': False, 'LOG_LEVEL': 'INFO', 'CONCURRENT_REQUESTS_PER_DOMAIN': 16,
                       'ROBOTSTXT_OBEY': False, 'DOWNLOAD_DELAY': 0}

    def __init__(self, page, number, **more):
        super().__init__(**more)
        self.start_urls = ['%s?%d' % (page, i) for i in range(int(number))]

    def parse(self, response):
        for row in response.css('li'):
            yield {'text': row.css('::text').get()}
'''


def case_o(ctx, make_jobs):
    t = next((t for t in ctx.managed('o') if isinstance(t, T.Exec)), None)
    if not t:
        return
    jobs = ctx.work + '/jobs.jsonl'
    usual = t.spec
    file = '{state}/limits.conf'
    t.spec = dict(usual, files={file: '[limits]\ntag %s = 1\n' % TAG}, start=usual['start'] + ['--config', file])
    try:
        make_jobs(jobs)
        for r in range(ctx.a.rounds):
            behind_a_tag(ctx, t, jobs, 2000 if ctx.a.quick else 10000, r)
    finally:
        t.spec = usual
    make_jobs(jobs, 0, 2000 if ctx.a.quick else 10000)
    t.seed('o', jobs)
    t.start(slots=2)
    c = t.client()
    c.request('GET', t.p_completed)
    c.close()
    for r in range(ctx.a.rounds):
        with_facts(ctx, t, r)
    t.stop(hard=True)
    for r in range(ctx.a.rounds):
        reported(ctx, t, r)


def asked(t, client, spider, tag, tags):
    """Asks for a job with tags."""
    path, body, ctype = t.schedule_request(spider, tag)
    status, data = client.request('POST', path + '?tags=' + tags, body, ctype)
    if status != 200:
        raise RuntimeError('schedule: %d %r' % (status, data[:200]))


def behind_a_tag(ctx, t, jobs, waiters, r):
    """The same server, before and after so many jobs wait for one tag."""
    t.seed('o', jobs)
    t.start(slots=4, cap=100)
    c = t.client()
    tag = 'o-%s-%d' % (RUN, r)
    asked(t, c, 'hang', tag + '-hang', TAG)
    if ctx.event('start', tag + '-hang', 60) is None:
        raise RuntimeError('the long job did not start')
    for waiting in (0, waiters):
        print('case o, %d behind a tag, round %d' % (waiting, r), flush=True)
        for i in range(waiting):
            asked(t, c, 'noop', '%s-w%d' % (tag, i), TAG)
        number = 20 if ctx.a.quick else 40
        cpu = P.cpu_s(t.pid)
        found = [starting.one(ctx, t, c, '%s-%d-%d' % (tag, waiting, i)) for i in range(number)]
        case = 'o start, %s behind a tag' % ('many' if waiting else 'none')
        ctx.res.add(case, 'start p50', t.name, P.pct(found, .5), 'ms')
        ctx.res.add(case, 'server CPU per job', t.name, (P.cpu_s(t.pid) - cpu) / number * 1e3, 'ms')
    c.close()
    kids = T.descendants(t.pid)
    t.stop(hard=True)
    T.kill(kids)


def with_facts(ctx, t, r):
    for case, more in [('o page of 50', ''), ('o page of 50, facts', '&facts=1')][::-1 if r % 2 else 1]:
        url = t.url(t.p_completed + '&limit=50' + more)
        P.wrk(url, 16, 1)
        ctx.res.add(case, 'req/s c16', t.name, P.wrk(url, 16, ctx.a.secs)['rps'], '/s')


def reported(ctx, t, r):
    """The CPU of a crawl of 1,000 local pages by the real Scrapy, as a job of the server runs it, with the report and without."""
    scrapy = os.path.join(P.HERE, '../../.venv/bin/scrapy')
    module = os.path.join(P.HERE, '../../Sources/CReport/report')
    ctx.nginx.put('page.html', b'<html><body><ul>' + b'<li>a row of the page</li>' * 20 + b'</ul></body></html>')
    place = ctx.work + '/crawl'
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(place + '/report')
    with open(place + '/pages.py', 'w') as f:
        f.write(SPIDER)
    ways = [('o crawl, no report', {}), ('o crawl, report', {'PYTHONPATH': module, 'SPOOL_REPORT': place + '/report'})]
    for i in range(3 if ctx.a.quick else 5):
        print('case o, crawls %d, round %d' % (i, r), flush=True)
        for case, more in ways[::-1 if (i + r) % 2 else 1]:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([scrapy, 'runspider', 'pages.py', '-a', 'page=' + ctx.nginx.url('page.html'), '-a', 'number=1000'],
                           cwd=place, env=dict(os.environ, **more), check=True, capture_output=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            ctx.res.add(case, 'CPU', t.name, cpu * 1e3, 'ms')
        with open(place + '/report/progress') as f:
            line = f.read()
        if 'items=20000 ' not in line:
            raise RuntimeError('the crawl has reported ' + line)
