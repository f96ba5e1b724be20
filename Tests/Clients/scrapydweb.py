"""Drives a server by ScrapydWeb 1.6 and LogParser: deploy, run, stop, dashboard, logs, stats, items and a timer task.

Usage: scrapydweb.py ADDRESS BIN LOGS EGG, in an empty directory. The egg has the spiders `tell`, which ends at once, and `wait`.
"""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

address, programs, logs, egg = sys.argv[1:]
while True:
    # Below the ports that the system hands out by itself, so that no other program gets it before it is used.
    port = random.randrange(10_000, 20_000)
    try:
        socket.create_server(('127.0.0.1', port)).close()
        break
    except OSError:
        pass
with open('scrapydweb_settings_v11.py', 'w') as file:
    file.write(
        f'SCRAPYDWEB_BIND = "127.0.0.1"\nSCRAPYDWEB_PORT = {port}\nSCRAPYD_SERVERS = ["{address}"]\n'
        f'DATA_PATH = {os.path.abspath("data")!r}\nJOBS_SNAPSHOT_INTERVAL = 0\n')


def get(path, fields=None):
    """Asks ScrapydWeb for a page, and gives its text."""
    body = None if fields is None else urllib.parse.urlencode(fields).encode()
    with urllib.request.urlopen(f'http://127.0.0.1:{port}/1/{path}', body, timeout=280) as answer:
        return answer.read().decode()


def ask(path):
    """Asks the server as a client of scrapyd."""
    with urllib.request.urlopen(f'http://{address}/{path}', timeout=280) as answer:
        return json.loads(answer.read())


def until(what):
    """Waits until something is true."""
    end = time.monotonic() + 280
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def is_up():
    try:
        return 'ScrapydWeb' in get('servers/')
    except (urllib.error.URLError, OSError):
        return False


def finished():
    return [job['id'] for job in ask('listjobs.json?project=lab')['finished']]


with open('scrapydweb.out', 'w') as out:
    web = subprocess.Popen([f'{programs}/scrapydweb'], stdout=out, stderr=subprocess.STDOUT)
parser = None
try:
    until(lambda: is_up() or web.poll() is not None)
    assert web.poll() is None, open('scrapydweb.out').read()
    # Deploy: a form with the egg in it.
    end = subprocess.run(
        ['curl', '-s', '-S', '-F', 'project=lab', '-F', 'version=r1', '-F', f'file=@{egg};filename=project.egg',
         f'http://127.0.0.1:{port}/1/deploy/upload/'], capture_output=True, text=True)
    assert ask('listversions.json?project=lab')['versions'] == ['r1'], end.stdout[-3000:]
    assert 'r1' in get('api/listversions/lab/') and 'tell' in get('api/listspiders/lab/r1/')
    assert 'lab' in get('projects/')

    def run(spider, job, **more):
        """Runs a spider by the form, as its page does: first the check, then the run."""
        fields = {'project': 'lab', '_version': 'r1', 'spider': spider, 'jobid': job, 'additional': '-d setting=A=1\n-d site=x', **more}
        name = json.loads(get('schedule/check/', fields))['filename']
        return get('schedule/run/', {'filename': name})

    run('tell', 'first')
    until(lambda: 'first' in finished())
    run('wait', 'second')
    until(lambda: [job['id'] for job in ask('listjobs.json?project=lab')['running']] == ['second'])
    page = get('jobs/')
    # The dashboard has read /jobs: what it cannot read it takes from listjobs.json, and says so.
    assert 'first' in page and 'second' in page and '/log/stats/lab/tell/first' in page, page[-5000:]
    assert json.loads(get('api/stop/lab/second/'))['prevstate'] == 'running'
    until(lambda: 'second' in finished())
    run('wait', 'third')
    until(lambda: [job['id'] for job in ask('listjobs.json?project=lab')['running']] == ['third'])
    get('api/forcestop/lab/third/')
    until(lambda: 'third' in finished())
    assert 'first.log' in get('logs/lab/tell/')
    assert 'TELL first' in get('log/utf8/lab/tell/first/')
    # Statistics without LogParser, by the log itself, and with it.
    assert 'finished' in get('log/stats/lab/tell/first/')
    with open('logparser.out', 'w') as out:
        parser = subprocess.Popen(
            [f'{programs}/logparser', '-dir', logs, '-t', '1', '--disable_telnet'], stdout=out, stderr=subprocess.STDOUT)
    until(lambda: os.path.exists(f'{logs}/lab/tell/first.json') or parser.poll() is not None)
    assert parser.poll() is None, open('logparser.out').read()
    until(lambda: os.path.exists(f'{logs}/stats.json'))
    stats = ask('logs/lab/tell/first.json')
    assert stats['finish_reason'] == 'finished' and stats['logparser_version'], stats
    assert 'finished' in get('log/stats/lab/tell/first/')
    # A timer task that fires each second.
    run('tell', '', trigger='cron', action='add', name='timer', second='*', minute='*', hour='*')
    until(lambda: any(job.startswith('task_1_') for job in finished()))
    assert json.loads(get('tasks/xhr/delete/1/'))['status'] == 'ok'
finally:
    for child in (parser, web):
        if child:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
    sys.stdout.write(open('scrapydweb.out').read()[-4000:])
