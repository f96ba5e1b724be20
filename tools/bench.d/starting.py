"""What a job's start costs with a small project and with one of many files, one job after the other.

Beside another version of the programs, if there is one among the targets: both run, and their jobs take turns.
"""

import random
import time
import uuid
import zipfile

import perflib as P
import targets as T

RUN = uuid.uuid4().hex[:8]
# Seconds from the end of a job to the next one.
WAYS = (('a second apart', 1.0), ('back to back', 0.0))


def small_archive(path, name):
    """A zip with a scrapy project of 15 files, as `scrapy startproject` and a user make it."""
    rnd = random.Random(3)
    modules = ['__init__', 'items', 'middlewares', 'pipelines', 'settings']
    modules += ['spiders/' + module for module in ('__init__', 'noop', 'one', 'two', 'three')]
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as z:
        z.writestr(name + '/scrapy.cfg', '[settings]\ndefault = %s.settings\n[deploy]\nproject = %s\n' % (name, name))
        for module in modules:
            z.writestr('%s/%s/%s.py' % (name, name, module), '# a line of a module\n' * 40)
        for i in range(4):
            z.writestr('%s/data/%d.txt' % (name, i), rnd.randbytes(600).hex())
    return path


def one(ctx, t, client, tag):
    """Milliseconds from the POST to the spider's first act, in a job that is over when this returns."""
    t0 = P.now_ns()
    t.schedule(client, 'noop', tag)
    start = ctx.event('start', tag, 120)
    if start is None or ctx.event('end', tag, 60) is None:
        raise RuntimeError('%s: the job did not run' % t.name)
    return (start - t0) / 1e6


def jobs(ctx, order, case, number, pause, tag):
    """Jobs of each target in turn; those without a pause follow each other."""
    clients = {t.name: t.client() for t in order}
    found = {t.name: [] for t in order}
    turns = [(i, t) for i in range(number) for t in order] if pause else [(i, t) for t in order for i in range(number)]
    for i, t in turns:
        found[t.name].append(one(ctx, t, clients[t.name], '%s-%s-%d' % (tag, t.name, i)))
        time.sleep(pause / len(order))
    for t in order:
        clients[t.name].close()
        ctx.res.add(case, 'start p50', t.name, P.pct(found[t.name], .5), 'ms')
        ctx.res.add(case, 'start max', t.name, max(found[t.name]), 'ms')


def case_w(ctx, make_archive):
    number = 8 if ctx.a.quick else 20
    archives = (('small', small_archive(ctx.work + '/small.zip', T.PROJECT)),
                ('large', make_archive(ctx.work + '/large.zip', T.PROJECT, 50 << 20, 4096)))
    for r, order in ctx.turns():
        order = [t for t in order if isinstance(t, T.Exec)]
        for label, path in archives:
            print('case w, %s, round %d' % (label, r), flush=True)
            with open(path, 'rb') as f:
                blob = f.read()
            for t in order:
                t.fresh_state('w')
                t.start(slots=2)
                client = t.client()
                ctx.res.add('w push ' + label, 'time', t.name, t.push(client, T.PROJECT, blob) * 1e3, 'ms')
                client.close()
            # What a server does after a push is not to be part of the first start.
            time.sleep(5)
            for way, pause in WAYS:
                tag = 'w-%s-%d-%s-%s' % (RUN, r, label, way.replace(' ', '-'))
                jobs(ctx, order, 'w start %s, %s' % (label, way), number, pause, tag)
            for t in order:
                t.stop(hard=True)
