#!/usr/bin/env bash
# No order of an MD5 and a SHA-256 digest challenge serves both wget and Python's urllib.
#
# software   GNU Wget 1.21.3 (Debian 12), CPython before 3.14 (urllib)
# read       RFC 7616, 3.7: the client uses the first challenge that it supports; wget src/http.c,
#            digest_authentication_encode; Lib/urllib/request.py, get_algorithm_impls (new in 3.14: SHA-256)
# guess      A client skips a challenge whose algorithm it does not know; the best one first, then MD5, serves them all.
# behaviour  urllib looks at the first challenge only, and raises ValueError for SHA-256. wget takes the last one, with
#            its nonce, and always answers by MD5. So urllib wants MD5 first, wget wants it last; curl does either.
# matters    A server with two digest challenges loses one of the two clients, unless it offers Basic as well.
# seen       2026-11-28:
#              SHA-256 first: curl 200, wget 200, urllib ValueError
#              MD5 first: curl 200, wget 401, urllib 200
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap '[[ -z ${server:-} ]] || kill $server; rm -rf "$tmp"' EXIT
cd "$tmp"
command -v wget > /dev/null || untried "wget is not installed"
python3 -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || untried "this Python's urllib knows SHA-256"
printf '%s\n' "$(wget --version | sed -n 1p)" "$(python3 --version)"

cat > server.py << 'PYTHON'
import hashlib, http.server, re, sys
names = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        given = self.headers.get("Authorization", "")
        field = {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given)}
        algorithm = field.get("algorithm", "MD5")
        # The nonce has to be that of the challenge whose algorithm is used.
        right = given.startswith("Digest ") and field["nonce"] == "nonce-" + algorithm
        if right:
            digest = lambda text: names[algorithm](text.encode()).hexdigest()
            rest = ":".join(field[key] for key in ("nonce", "nc", "cnonce", "qop"))
            right = field["response"] == digest(
                f"{digest('alice:spool:secret')}:{rest}:{digest('GET:' + field['uri'])}")
        self.send_response(200 if right else 401)
        for name in () if right else self.path.strip("/").split("+"):
            challenge = f'Digest realm="spool", nonce="nonce-{name}", algorithm={name}, qop="auth"'
            self.send_header("WWW-Authenticate", challenge)
        self.end_headers()

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
exec 3< <(exec python3 server.py)
server=$!
read -r port <&3

with_urllib() {
    python3 - "$1" << 'PYTHON'
import sys, urllib.error, urllib.request as request
passwords = request.HTTPPasswordMgrWithDefaultRealm()
passwords.add_password(None, sys.argv[1], "alice", "secret")
try:
    print(request.build_opener(request.HTTPDigestAuthHandler(passwords)).open(sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print(error.code)
except ValueError:
    print("ValueError")
PYTHON
}

for order in SHA-256+MD5 MD5+SHA-256; do
    url=http://127.0.0.1:$port/$order
    curl=$(curl -s -o /dev/null -w '%{http_code}' --digest -u alice:secret "$url")
    wget -qSO- --user alice --password secret "$url" > wget.log 2>&1 || true
    wget=$(awk '/^ *HTTP/ { code = $2 } END { print code }' wget.log)
    echo "${order%%+*} first: curl $curl, wget $wget, urllib $(with_urllib "$url")"
done | tee observed
[[ $(cat observed) == "SHA-256 first: curl 200, wget 200, urllib ValueError
MD5 first: curl 200, wget 401, urllib 200" ]] || changed "other answers"
echo "as described"
