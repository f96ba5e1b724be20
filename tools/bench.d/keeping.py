"""What a job's end costs beside what a spool keeps: schedules, pending jobs, old versions in use, finished jobs."""

import json
import os
import time
import uuid

import perflib as P
import targets as T

RUN = uuid.uuid4().hex[:8]


def ended(ctx, tag):
    """How many jobs have ended whose tags begin like that: they say it themselves, which costs the server nothing."""
    return sum(1 for name in os.listdir(ctx.bin + '/events') if name.startswith('end-%s-' % tag))


def ready(ctx, tag, least, timeout=300):
    """Waits until so many have ended; -> how many, and the time of the monotonic clock."""
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        count = ended(ctx, tag)
        if count >= least:
            return count, time.monotonic()
        time.sleep(0.005)
    raise RuntimeError('%d of %d jobs ended' % (ended(ctx, tag), least))


def post(t, count, when, tag):
    c = t.client()
    for i in range(count):
        body, ctype = P.multipart({'project': t.ctx.project, 'spider': 'noop', 'when': when, 'description': 'bench',
                                   'payload': json.dumps({'tag': '%s-%d' % (tag, i)})})
        status, data = c.request('POST', '/schedule-job.json', body, ctype)
        if status != 200:
            raise RuntimeError('schedule: %d %r' % (status, data[:200]))
    c.close()


def trivial(t, count, tag):
    """Seconds from the first of some trivial jobs to the end of the last."""
    t0 = time.monotonic()
    post(t, count, 'now', tag)
    return ready(t.ctx, tag, count)[1] - t0


def hang(ctx, t, tag):
    """Has a long job run; -> its id."""
    c = t.client()
    job = t.schedule(c, 'hang', tag)
    c.close()
    if ctx.event('start', tag, 60) is None:
        raise RuntimeError('the long job did not start')
    return job


def push(t, blob):
    c = t.client()
    t.push(c, t.ctx.project, blob)
    c.close()
    time.sleep(1)


def cancel(t, job):
    c = t.client()
    body, ctype = P.multipart({'id': job})
    c.request('POST', '/cancel-job.json', body, ctype)
    c.close()


def case_k(ctx, make_jobs):
    t = next((t for t in ctx.managed('k') if isinstance(t, T.Exec)), None)
    if not t:
        return
    with open(ctx.archive, 'rb') as f:
        blob = f.read()
    jobs = ctx.work + '/jobs.jsonl'
    scale = 5 if ctx.a.quick else 1
    make_jobs(jobs)
    for r in range(ctx.a.rounds):
        beside_schedules(ctx, t, jobs, blob, 3000 // scale, r)
        beside_pending(ctx, t, jobs, blob, 6000 // scale, 3000 // scale, r)
    for count in (50, 50000 // scale):
        make_jobs(jobs, 0, count)
        for r in range(ctx.a.rounds):
            print('case k, %d kept, round %d' % (count, r), flush=True)
            t.seed('k', jobs)
            t.start(slots=2, cap=count)
            # The first end reads when the others have ended.
            trivial(t, 5, 'kk-%s-%d-%d-w' % (RUN, count, r))
            time.sleep(2)
            cpu = P.cpu_s(t.pid)
            number = 40
            trivial(t, number, 'kk-%s-%d-%d' % (RUN, count, r))
            time.sleep(1)
            ctx.res.add('k kept@%s' % ('few' if count == 50 else 'many'), 'server CPU per job', t.name,
                        (P.cpu_s(t.pid) - cpu) / number * 1e3, 'ms')
            t.stop(hard=True)


def beside_schedules(ctx, t, jobs, blob, schedules, r):
    print('case k, %d schedules, round %d' % (schedules, r), flush=True)
    t.seed('k', jobs)
    t.start(slots=4, cap=20)
    tag = 'ks-%s-%d' % (RUN, r)
    post(t, schedules, 'every 2 days', tag + '-s')
    trivial(t, 40, tag + '-w')
    # As many slots are taken each time.
    hang(ctx, t, tag + '-h0')
    second = hang(ctx, t, tag + '-h1')
    for old in range(3):
        if old:
            push(t, blob)
        if old == 1:
            cancel(t, second)
            hang(ctx, t, tag + '-h2')
        seconds = min(trivial(t, 40, '%s-%d-%d' % (tag, old, i)) for i in range(3))
        ctx.res.add('k schedules, %d old versions' % old, '40 jobs', t.name, seconds * 1e3, 'ms')
    t.stop(hard=True)


def beside_pending(ctx, t, jobs, blob, pending, schedules, r):
    print('case k, %d pending and %d scheduled, round %d' % (pending, schedules, r), flush=True)
    number = 200
    tag = 'kp-%s-%d' % (RUN, r)
    t.seed('k', jobs)
    # Without a slot they wait; the next server starts them.
    t.start(slots=0, cap=20)
    post(t, number, 'now', tag + '-e')
    measure(ctx, t, 'k empty', tag + '-e', number, slots=2)
    t.seed('k', jobs)
    t.start(slots=1, cap=20)
    hang(ctx, t, tag + '-h')
    push(t, blob)
    post(t, schedules, 'every 2 days', tag + '-s')
    post(t, pending, 'now', tag + '-p')
    measure(ctx, t, 'k pending and scheduled, an old version', tag + '-p', number, slots=3)


def measure(ctx, t, case, tag, number, slots):
    """How fast a queue runs after a restart, from the tenth job on."""
    kids = T.descendants(t.pid)
    t.proc.kill()
    t.proc.wait()
    t.start(slots=slots, cap=20)
    first, begun = ready(ctx, tag, 10)
    last, end = ready(ctx, tag, number - 20)
    ctx.res.add(case, 'jobs/s', t.name, (last - first) / max(end - begun, 1e-9), '/s')
    t.stop(hard=True)
    T.kill(kids)
