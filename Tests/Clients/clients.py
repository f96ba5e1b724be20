"""Uses the server as programs do: clients.py LIBRARY URL LOG FIFO FINISHED.

LOG is the path of a log that has begun and ends when something is written into FIFO. With each library: a login by digest,
JSON, HEAD of what goes on, a refusal, a part of a log, and a log followed to its end.
"""

import asyncio
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

USER, PASSWORD = "alice", "open:sesame"


def end(fifo):
    """Lets the job go on to its end."""
    with open(fifo, "w", encoding="ascii") as file:
        file.write("go\n")


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: {found!r}, not {expected!r}")


def with_urllib(url, log, fifo):
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, USER, PASSWORD)
    for handler in (urllib.request.HTTPDigestAuthHandler, urllib.request.HTTPBasicAuthHandler):
        opener = urllib.request.build_opener(handler(passwords))
        with opener.open(url + "status.json") as answer:
            check("status", json.load(answer)["status"], "ok")
        with opener.open(urllib.request.Request(url + log, method="HEAD")) as answer:
            check("HEAD", (answer.status, answer.read()), (200, b""))
        try:
            opener.open(url + "cancel-job.json", urllib.parse.urlencode({"id": "x"}).encode())
        except urllib.error.HTTPError as error:
            check("refusal", (error.code, json.load(error)["status"]), (400, "error"))
        with opener.open(urllib.request.Request(url + log, headers={"Range": "bytes=2-3"})) as answer:
            check("part", (answer.status, answer.read()), (206, b"gu"))
    with opener.open(url + log) as answer:
        check("first line", answer.readline(), b"begun\n")
        end(fifo)
        check("last line", answer.read(), b"ended\n")


def with_requests(url, log, fifo):
    import requests
    from requests.auth import HTTPBasicAuth, HTTPDigestAuth
    for login in (HTTPDigestAuth(USER, PASSWORD), HTTPBasicAuth(USER, PASSWORD)):
        with requests.Session() as session:
            session.auth = login
            for _ in range(3):
                check("status", session.get(url + "status.json").json()["status"], "ok")
                check("HEAD", session.head(url + log).status_code, 200)
            refused = session.post(url + "cancel-job.json", data={"id": "x"})
            check("refusal", (refused.status_code, refused.json()["status"]), (400, "error"))
            part = session.get(url + log, headers={"Range": "bytes=2-3"})
            check("part", (part.status_code, part.content), (206, b"gu"))
    with requests.get(url + log, auth=login, stream=True) as answer:
        lines = answer.iter_lines(chunk_size=1)
        check("first line", next(lines), b"begun")
        end(fifo)
        check("last line", list(lines), [b"ended"])


def with_httpx(url, log, fifo):
    import httpx
    for login in (httpx.DigestAuth(USER, PASSWORD), httpx.BasicAuth(USER, PASSWORD)):
        with httpx.Client(auth=login, timeout=180) as client:
            for _ in range(3):
                check("status", client.get(url + "status.json").json()["status"], "ok")
                check("HEAD", client.head(url + log).status_code, 200)
            refused = client.post(url + "cancel-job.json", data={"id": "x"})
            check("refusal", (refused.status_code, refused.json()["status"]), (400, "error"))
            part = client.get(url + log, headers={"Range": "bytes=2-3"})
            check("part", (part.status_code, part.content), (206, b"gu"))
    with httpx.stream("GET", url + log, auth=login, timeout=180) as answer:
        lines = answer.iter_lines()
        check("first line", next(lines), "begun")
        end(fifo)
        check("last line", list(lines), ["ended"])


async def with_aiohttp(url, log, fifo):
    import aiohttp
    digest = {"middlewares": (aiohttp.DigestAuthMiddleware(USER, PASSWORD),)}
    basic = {"headers": {"Authorization": aiohttp.encode_basic_auth(USER, PASSWORD)}} if hasattr(
        aiohttp, "encode_basic_auth") else {"auth": aiohttp.BasicAuth(USER, PASSWORD)}
    for login in (digest, basic):
        async with aiohttp.ClientSession(**login) as session:
            for _ in range(3):
                async with session.get(url + "status.json") as answer:
                    check("status", (await answer.json())["status"], "ok")
                async with session.head(url + log) as answer:
                    check("HEAD", answer.status, 200)
            async with session.post(url + "cancel-job.json", data={"id": "x"}) as answer:
                check("refusal", (answer.status, (await answer.json())["status"]), (400, "error"))
            async with session.get(url + log, headers={"Range": "bytes=2-3"}) as answer:
                check("part", (answer.status, await answer.read()), (206, b"gu"))
    async with aiohttp.ClientSession(**basic) as session, session.get(url + log) as answer:
        check("first line", await answer.content.readline(), b"begun\n")
        await asyncio.to_thread(end, fifo)
        check("last line", await answer.content.read(), b"ended\n")


def main(library, url, log, fifo, _):
    result = globals()[f"with_{library}"](url, log, fifo)
    if result is not None:
        asyncio.run(result)


if __name__ == "__main__":
    main(*sys.argv[1:])
