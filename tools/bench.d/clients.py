"""Clients of scrapyd at this server's interface for them, beside scrapyd itself: with its defaults, and with the shortest
interval of polls that its own poller takes."""

import os
import time
import zipfile
from random import Random

import perflib as P
import targets as T

EGG = 10 << 20


class Side(T.Exec):
    """This server, as a client of scrapyd sees it."""

    api = 'scrapyd'
    can_follow = False
    ready_path = '/daemonstatus.json'
    pipeline_cap_s = T.Scrapyd.pipeline_cap_s
    p_status, p_projects = T.Scrapyd.p_status, T.Scrapyd.p_projects
    p_active, p_completed = T.Scrapyd.p_active, T.Scrapyd.p_completed
    p_job, p_log, schedule_request = T.Scrapyd.p_job, T.Scrapyd.p_log, T.Scrapyd.schedule_request
    job_done, count_active, known, push = (
        T.Scrapyd.job_done, T.Scrapyd.count_active, T.Scrapyd.known, T.Scrapyd.push)

    def __init__(self, base, ctx):
        T.Target.__init__(self, base.name, ctx)
        self.programs, self.here = base.programs, base.here
        place = '127.0.0.1:{port}'
        start = [word.replace(place, '127.0.0.1:0') for word in base.spec['start']]
        self.spec = dict(base.spec, start=start + ['--scrapyd-interface', place])


class Fast(T.Scrapyd):
    """scrapyd that looks for jobs all the time."""

    def command(self, slots, cap):
        words, more = super().command(slots, cap)
        with open(os.path.join(self.state, 'scrapyd.conf'), 'a') as file:
            file.write('poll_interval = 0.01\n')
        return words, more


def make_egg(path):
    """An egg of the length ``EGG`` that cannot be compressed."""
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('EGG-INFO/PKG-INFO', 'Metadata-Version: 2.1\nName: project\nVersion: 1.0\n')
        archive.writestr('EGG-INFO/entry_points.txt', '[scrapy]\nsettings = %s.settings\n' % T.PROJECT)
        archive.writestr('%s/settings.py' % T.PROJECT, '')
        archive.writestr('%s/data.bin' % T.PROJECT, Random(5).randbytes(EGG))
    with open(path, 'rb') as file:
        return file.read()


def pipeline(ctx, t, total, label):
    """Trivial jobs through two slots: jobs a second, until the server says that they are done."""
    c = t.client()
    begin = time.monotonic()
    for i in range(total):
        t.schedule(c, 'noop', 'm%s-%s-%d' % (label, t.name, i))
    while t.count_active(c) and time.monotonic() - begin < t.pipeline_cap_s:
        time.sleep(0.005)
    took = time.monotonic() - begin
    done = total - t.count_active(c)
    c.close()
    ctx.res.add('m pipeline', 'jobs/s slots=2', t.name, done / took, '/s')


def case_m(ctx, make_jobs, start_latency, hit):
    own = next((t for t in ctx.managed('m') if isinstance(t, T.Exec)), None)
    if not own:
        return
    venv = os.path.join(P.HERE, '../../.venv-scrapyd')
    targets = [Side(own, ctx), T.Scrapyd('scrapyd', ctx, venv), Fast('scrapyd, fast', ctx, venv)]
    egg = make_egg(ctx.work + '/large.egg')
    empty, many = ctx.work + '/empty.jsonl', ctx.work + '/jobs.jsonl'
    make_jobs(empty)
    make_jobs(many, 0, 10000)
    try:
        for r in range(1 if ctx.a.quick else ctx.a.rounds):
            for t in targets[r % 3:] + targets[:r % 3]:
                print('case m, round %d, %s' % (r, t.name), flush=True)
                t.seed('m', empty)
                t.start(slots=2)
                start_latency(ctx, 'm start', t, 8 if isinstance(t, T.Scrapyd) else 40, 'm%d' % r)
                pipeline(ctx, t, 20 if t.name == 'scrapyd' else 200, r)
                before = P.rss_mib(t.pid)
                P.reset_peak(t.pid)
                c = t.client()
                for _ in range(3):
                    ctx.res.add('m addversion 10MB', 'time', t.name, t.push(c, T.PROJECT, egg) * 1e3, 'ms')
                c.close()
                ctx.res.add('m addversion 10MB', 'peak RSS over idle', t.name, P.peak_mib(t.pid) - before, 'MiB')
                t.stop(hard=True)
                t.seed('m-10k', many)
                t.start(slots=1)
                c = t.client()
                c.request('GET', t.p_completed)
                begin = time.perf_counter()
                c.request('GET', t.p_completed)
                probe = time.perf_counter() - begin
                c.close()
                hit(ctx, 'm listjobs@10k', t.name, t.url(t.p_completed), ctx.a.secs, probe)
                t.stop(hard=True)
    finally:
        for t in targets:
            t.stop(hard=True)
