"""Makes a store by running scrapyd: two projects, three versions, finished jobs with logs and items, and pending ones.

Usage: scrapyd_store.py PLACE SCRAPYD

The store is made in PLACE, with its scrapyd.conf. What scrapyd lists last is written to PLACE/lists.json.
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
import zipfile

place, scrapyd = sys.argv[1:]
os.makedirs(place, exist_ok=True)
while True:
    # Below the ports that the system hands out by itself, so that no other program gets it before it is used.
    port = random.randrange(10_000, 20_000)
    try:
        socket.create_server(('127.0.0.1', port)).close()
        break
    except OSError:
        pass

CONF = '''[scrapyd]
bind_address = 127.0.0.1
http_port = {port}
jobstorage = scrapyd.jobstorage.SqliteJobStorage
items_dir = items
poll_interval = {poll}
max_proc = 2
node_name = old
'''

SPIDER = '''import scrapy


class Tell(scrapy.Spider):
    name = {name!r}
    version = {version!r}

    async def start(self):
        self.logger.info('TELL %s %s %s', self.version, self._job, getattr(self, 'site', None))
        yield {{'job': self._job, 'version': self.version}}
'''


def egg(package, version, spiders):
    """Writes an egg as setuptools packs them, and gives its path."""
    path = f'{place}/{package}-{version}.egg'
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('EGG-INFO/PKG-INFO', 'Metadata-Version: 2.1\nName: project\nVersion: 1.0\n')
        archive.writestr('EGG-INFO/entry_points.txt', f'[scrapy]\nsettings = {package}.settings\n')
        archive.writestr(f'{package}/__init__.py', '')
        archive.writestr(
            f'{package}/settings.py', f'BOT_NAME = {package!r}\nSPIDER_MODULES = [{package + ".spiders"!r}]\n')
        archive.writestr(f'{package}/spiders/__init__.py', '')
        for name in spiders:
            archive.writestr(f'{package}/spiders/{name}.py', SPIDER.format(name=name, version=version))
    return path


def ask(path, fields=None, file=None):
    """Asks scrapyd, and gives its answer."""
    body, headers = None, {}
    if file:
        boundary = 'xyzzy'
        body = b''
        for name, value in fields:
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="egg"; filename="project.egg"\r\n\r\n'.encode()
        with open(file, 'rb') as opened:
            body += opened.read() + f'\r\n--{boundary}--\r\n'.encode()
        headers['Content-Type'] = f'multipart/form-data; boundary={boundary}'
    elif fields is not None:
        body = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(f'http://127.0.0.1:{port}/{path}', body, headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        text = answer.read()
    return json.loads(text) if path.split('?')[0].endswith('.json') and not path.startswith('logs') else text.decode()


def start(poll):
    """Starts scrapyd, and waits until it answers."""
    with open(f'{place}/scrapyd.conf', 'w') as file:
        file.write(CONF.format(port=port, poll=poll))
    child = subprocess.Popen([scrapyd], cwd=place, stdout=open(f'{place}/scrapyd.out', 'a'), stderr=subprocess.STDOUT)
    until(lambda: answers() or child.poll() is not None)
    assert child.poll() is None, open(f'{place}/scrapyd.out').read()
    return child


def answers():
    try:
        return ask('daemonstatus.json')['status'] == 'ok'
    except (urllib.error.URLError, OSError):
        return False


def until(what):
    """Waits until something is true."""
    end = time.monotonic() + 240
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def stop(child):
    child.send_signal(signal.SIGTERM)
    child.wait(240)


server = start(0.2)
for project, version, spiders in [
    ('shop', '1.9', ['books', 'old']), ('shop', '1.10', ['books', 'new']), ('press', 'r1-master', ['news']),
]:
    answer = ask(
        'addversion.json', [('project', project), ('version', version)], egg(f'{project}_{version[0]}', version, spiders))
    assert answer['status'] == 'ok', answer
jobs = [
    ('shop', 'books', [('jobid', 'task_1'), ('site', 'a b')]),
    ('shop', 'old', [('_version', '1.9')]),
    ('press', 'news', [('jobid', 'żółw #1')]),
]
for project, spider, fields in jobs:
    answer = ask('schedule.json', [('project', project), ('spider', spider)] + fields)
    assert answer['status'] == 'ok', answer
until(lambda: ask('daemonstatus.json')['finished'] == len(jobs))
stop(server)
# From now on nothing is started.
server = start(100000)
time.sleep(1)
for project, spider, fields in [
    ('shop', 'books', [('priority', '-1.5'), ('jobid', 'low'), ('setting', 'DOWNLOAD_DELAY=2')]),
    ('shop', 'books', [('priority', '2'), ('jobid', 'first'), ('site', 'x=y')]),
    ('shop', 'new', [('_version', '1.10'), ('setting', 'A=1'), ('setting', 'A=2')]),
    ('press', 'news', [('jobid', 'żółw #2')]),
]:
    answer = ask('schedule.json', [('project', project), ('spider', spider)] + fields)
    assert answer['status'] == 'ok', answer
lists = {
    'projects': sorted(ask('listprojects.json')['projects']),
    'versions': {p: ask(f'listversions.json?project={p}')['versions'] for p in ['shop', 'press']},
    'spiders': {
        f'{p} {v}': ask(f'listspiders.json?project={p}&_version={v}')['spiders']
        for p, v in [('shop', '1_9'), ('shop', '1_10'), ('press', 'r1-master')]
    },
    'jobs': ask('listjobs.json'),
}
lists['logs'] = {job['id']: ask(urllib.parse.quote(job['log_url'][1:])) for job in lists['jobs']['finished']}
with open(f'{place}/lists.json', 'w') as file:
    json.dump(lists, file)
stop(server)
