"""Drives a server by the clients of scrapyd: scrapyd-client with all its commands, and python-scrapyd-api with all its methods.

Usage: scrapyd.py URL BIN, in a directory with the project `lab` and without a scrapy.cfg that names a target.
"""
import os
import subprocess
import sys
import time

from scrapyd_api import ScrapydAPI

url, programs = sys.argv[1:]


def run(*words, status=0):
    """Runs a program of scrapyd-client, and gives its output."""
    end = subprocess.run([f'{programs}/{words[0]}', *words[1:]], capture_output=True, text=True)
    assert end.returncode == status, (words, end)
    return end.stdout + end.stderr


def until(what, seconds=240):
    """Waits until something is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


with open('scrapy.cfg', 'w') as file:
    # With the slash, as Scrapy's own template has it.
    file.write(f'[settings]\ndefault = lab.settings\n[deploy:here]\nurl = {url}/\nproject = lab\n')
assert '"spiders": 2' in run('scrapyd-deploy', 'here', '-p', 'lab', '--version', 'r1')
assert '"version": "r2"' in run('scrapyd-deploy', 'here', '-p', 'lab', '--version', 'r2')
run('scrapyd-deploy', '--build-egg', 'lab.egg')
# A deploy that fails changes nothing, and shows by its exit status.
with open('lab/spiders/bad.py', 'w') as file:
    file.write('import no_such_module_at_all\n')
with open('lab/settings.py', 'a') as file:
    file.write('\nraise ValueError("broken settings")\n')
said = run('scrapyd-deploy', 'here', '-p', 'lab', '--version', 'r3', status=1)
assert 'RunnerError' in said and 'broken settings' in said, said
os.remove('lab/spiders/bad.py')

api = ScrapydAPI(url)
assert api.list_projects() == ['lab']
assert api.list_versions('lab') == ['r1', 'r2']
assert api.list_spiders('lab') == ['tell', 'wait']
assert run('scrapyd-client', 'targets').split()[0] == 'here'
assert run('scrapyd-client', 'projects', '-t', 'here').split() == ['lab']
assert 'tell' in run('scrapyd-client', 'spiders', '-t', 'here', '-p', 'l*')
said = run('scrapyd-client', 'schedule', '-t', 'here', '-p', 'lab', 'tell', '--arg', 'a=1', '--arg', 'setting=DOWNLOAD_DELAY=2')
assert 'lab' in said, said

job = api.schedule('lab', 'tell', settings={'A': 'b=c'}, site='x y', _version='r1', jobid='task_1')
assert job == 'task_1'
until(lambda: api.job_status('lab', job) == 'finished')
listed = [j for j in api.list_jobs('lab')['finished'] if j['id'] == job]
assert listed and listed[0]['log_url'] == '/logs/lab/tell/task_1.log', listed
job = api.schedule('lab', 'wait')
until(lambda: api.job_status('lab', job) == 'running')
assert api.cancel('lab', job) == 'running'
until(lambda: api.job_status('lab', job) == 'finished')
assert api.cancel('lab', job) is None
with open('lab.egg', 'rb') as egg:
    assert api.add_version('other', '1.10', egg) == 2
with open('lab.egg', 'rb') as egg:
    assert api.add_version('other', '1.9', egg) == 2
assert api.list_versions('other') == ['1_9', '1_10']
assert api.delete_version('other', '1.10') is True
assert api.list_versions('other') == ['1_9']
assert api.delete_project('other') is True
assert api.list_projects() == ['lab']
print('all of it')
