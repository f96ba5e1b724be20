#!/usr/bin/env bash
# Behind a digest login requests and aiohttp send a streamed upload twice, the second time empty, and take it for done.
#
# software   requests 2.32.5, requests-toolbelt 1.0.0, httpx 0.28.1, aiohttp 3.14.5 (Python 3.11)
# read       requests/auth.py, HTTPDigestAuth.handle_401: the body goes back to the place that its tell() gave, if it
#            has one; aiohttp/client_middleware_digest_auth.py; httpx documentation, "Authentication"
# guess      The first request is answered with 401, so the body is sent again with the login, or an error says that it
#            cannot be. A MultipartEncoder, made for streaming, can be sent as often as a file.
# behaviour  From a file, or with files=, all of them send it again. Of a generator requests and aiohttp send a body
#            that is well-formed and empty, and take the answer to that for the answer. A MultipartEncoder is announced
#            with its length, and no byte of it comes: client and server wait for each other. httpx raises
#            StreamConsumed.
# matters    A large archive is streamed, and a service that runs code has a login. The push is of nothing, with the
#            right user, or it hangs until a timeout. Only a server that misses a field in an empty form can tell.
# seen       2026-11-28 (bytes that came with the login, of how many were announced):
#              requests, files=: 100150 of 100150, answered
#              requests, a generator: 0 in chunks, answered
#              requests, MultipartEncoder: 0 of 100181, no answer
#              httpx, files=: 100181 of 100181, answered
#              httpx, a generator: 0 in chunks without an end, StreamConsumed
#              aiohttp, FormData: 100181 of 100181, answered
#              aiohttp, a generator: 0 in chunks, answered
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
export UV_CACHE_DIR=$tmp/cache
python3 -m pip install -q --target uv uv==0.13.9 2> /dev/null || untried "uv cannot be installed"
uv/bin/uv venv -q --python 3.11 venv || untried "there is no Python 3.11"
uv/bin/uv pip install -q --python venv --exclude-newer 2026-11-28 requests==2.32.5 requests-toolbelt==1.0.0 \
    httpx==0.28.1 aiohttp==3.14.5 || untried "the clients cannot be installed"

cat > clients.py << 'PYTHON'
import asyncio, http.server, re, threading
import aiohttp, httpx, requests
from requests_toolbelt import MultipartEncoder

class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 3  # Seconds without a byte, after which it hangs up.

    def log_message(self, *words):
        pass

    def do_POST(self):
        global seen
        has_login, length, count = "Authorization" in self.headers, self.headers.get("Content-Length"), 0
        seen = f"0 of {length}" if length else "0 in chunks without an end"
        if length:
            while count < int(length) and (chunk := self.rfile.read1(min(65536, int(length) - count))):
                count += len(chunk)
            seen = f"{count} of {length}"
        else:
            while size := int(self.rfile.readline().split(b";")[0], 16):
                count += len(self.rfile.read(size + 2)) - 2
            self.rfile.readline()
            seen = f"{count} in chunks"
        self.send_response(200 if has_login else 401)
        if not has_login:
            self.send_header("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5')
        self.send_header("Content-Length", "0")
        self.end_headers()

def stream():
    yield b"z" * 50_000
    yield b"z" * 50_000

async def asynchronous_stream():
    for part in stream():
        yield part

def archive():
    return open("archive.zip", "rb")

def with_requests(**arguments):
    login = requests.auth.HTTPDigestAuth("user", "password")
    return requests.post(url, auth=login, timeout=20, **arguments).status_code

def with_encoder():
    encoder = MultipartEncoder({"archive": ("archive.zip", archive(), "application/zip")})
    return with_requests(data=encoder, headers={"Content-Type": encoder.content_type})

def with_httpx(**arguments):
    return httpx.post(url, auth=httpx.DigestAuth("user", "password"), timeout=20, **arguments).status_code

def with_aiohttp(data):
    async def post():
        login = aiohttp.DigestAuthMiddleware("user", "password")
        async with aiohttp.ClientSession(middlewares=[login]) as session, session.post(url, data=data()) as response:
            return response.status
    return asyncio.run(post())

def form():
    data = aiohttp.FormData()
    data.add_field("archive", archive(), filename="archive.zip")
    return data

open("archive.zip", "wb").write(b"z" * 100_000)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/push-project.json"
for name, post in {
    "requests, files=": lambda: with_requests(files={"archive": archive()}),
    "requests, a generator": lambda: with_requests(data=stream()),
    "requests, MultipartEncoder": with_encoder,
    "httpx, files=": lambda: with_httpx(files={"archive": archive()}),
    "httpx, a generator": lambda: with_httpx(content=stream()),
    "aiohttp, FormData": lambda: with_aiohttp(form),
    "aiohttp, a generator": lambda: with_aiohttp(asynchronous_stream),
}.items():
    try:
        outcome = "answered" if post() == 200 else "refused"
    except requests.ConnectionError:
        outcome = "no answer"
    except Exception as error:
        outcome = type(error).__name__
    print(f"{name}: {seen}, {outcome}")
PYTHON
result=$(venv/bin/python clients.py 2> errors) || { cat errors && changed "the clients cannot be used like this"; }
echo "$result"
for line in "requests, files=: 100150 of 100150, answered" "requests, a generator: 0 in chunks, answered" \
    "requests, MultipartEncoder: 0 of 100181, no answer" "httpx, files=: 100181 of 100181, answered" \
    "httpx, a generator: 0 in chunks without an end, StreamConsumed" "aiohttp, FormData: 100181 of 100181, answered" \
    "aiohttp, a generator: 0 in chunks, answered"; do
    grep -qxF "$line" <<< "$result" || changed "${line%%:*}"
done
echo "as described"
