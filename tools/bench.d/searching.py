"""How fast the logs of many jobs are searched, beside `grep -r -F` on the same tree, all of it in the page cache."""

import glob
import json
import subprocess
import time

import perflib as P
import targets as T

LINE = '2026-11-28 04:10:%02d [scrapy.core.scraper] DEBUG: Scraped from <200 http://127.0.0.1:8899/catalogue/page-%d.html>\n'
# In a few logs, in each of them once, and in none.
RARE, ABSENT = 'twisted.internet.error.TimeoutError', 'no log has this text'


def write_logs(state, size):
    """Gives each job both logs; -> how many jobs there are."""
    text = ''.join(LINE % (i % 60, i) for i in range(size // 100))
    places = sorted(glob.glob(state + '/spool/jobs/*/*/'))
    for number, place in enumerate(places):
        rare = RARE + '\n' if number % 1000 == 7 else ''
        with open(place + 'job.err', 'w') as f:
            f.write(text + rare + ('Spider closed (finished)\n' if number % 2 else ''))
        with open(place + 'job.out', 'w') as f:
            f.write('started\n')
    return len(places)


def grep(options, text, tree):
    """Seconds, and how many lines."""
    t0 = time.perf_counter()
    out = subprocess.run(['grep', '-r', '-F', *options, text, tree], stdout=subprocess.PIPE, check=False).stdout
    return time.perf_counter() - t0, out.count(b'\n')


def search(client, query):
    t0 = time.perf_counter()
    status, data = client.request('GET', '/search-logs.json?limit=10000&seconds=60&' + query)
    seconds = time.perf_counter() - t0
    answer = json.loads(data)
    if status != 200 or not answer['complete']:
        raise RuntimeError('search: %d %r' % (status, data[-200:]))
    return seconds, len(answer['lines'])


def case_l(ctx, make_jobs):
    t = next((t for t in ctx.managed('l') if isinstance(t, T.Exec)), None)
    if not t:
        return
    count = 2000 if ctx.a.quick else 10000
    jobs = ctx.work + '/jobs.jsonl'
    make_jobs(jobs, 0, count)
    t.seed('l', jobs)
    tree = t.state + '/spool/jobs'
    written = write_logs(t.state, 20000)
    t.start(slots=0, cap=count)
    c = P.Client(t.host, t.port, timeout=300)
    for r in range(ctx.a.rounds):
        for case, options, text, query in (
                ('few', [], RARE, 'text=' + RARE), ('none', [], ABSENT, 'text=' + ABSENT.replace(' ', '%20')),
                ('half', [], 'Spider closed', 'text=Spider%20closed'),
                ('none, any case', ['-i'], ABSENT, 'ignore-case=yes&text=' + ABSENT.replace(' ', '%20'))):
            print('case l, %s, round %d' % (case, r), flush=True)
            # The first of each brings the tree into memory.
            best, lines = min(grep(options, text, tree) for _ in range(3))
            own, found = min(search(c, query) for _ in range(3))
            if found != lines:
                raise RuntimeError('%s: %d lines, and %d by grep' % (case, found, lines))
            ctx.res.add('l search, ' + case, 'logs/s', 'limit', 2 * written / best, '/s')
            ctx.res.add('l search, ' + case, 'logs/s', t.name, 2 * written / own, '/s')
        ctx.res.add('l search, half', 'peak RSS', t.name, P.peak_mib(t.pid), 'MiB')
    c.close()
    t.stop(hard=True)
