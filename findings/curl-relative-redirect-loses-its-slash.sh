#!/usr/bin/env bash
# curl follows Location: ./?page=jobs without the slash before the query, and Location: #jobs to another document.
#
# software   curl 7.88.1 (Debian 12, 7.88.1-10+deb12u14), wget 1.21.3, Python 3.11's urljoin
# read       RFC 3986 section 5.2 and the examples of 5.4.1; RFC 9110 section 10.2.2, Location
# guess      The client by which servers are tried resolves references as the RFC's own examples do, as browsers and
#            wget do.
# behaviour  Of ./ and ../ before a query curl drops the last slash; for a fragment alone it drops the last name of the
#            path and the query. Without a query, or with a name before it, all of them agree.
# matters    A login form answers with Location: ./?page=jobs, which is right behind any prefix of a proxy: browsers
#            come to /spool/?page=jobs, curl -L to /spool?page=jobs, which the proxy does not know. A test by curl calls
#            the server wrong.
# seen       2026-11-28 (from /b/c/d?q):
#              ./       curl /b/c/       wget /b/c/       RFC 3986 /b/c/
#              ./?y     curl /b/c?y      wget /b/c/?y     RFC 3986 /b/c/?y
#              ../      curl /b/         wget /b/         RFC 3986 /b/
#              ../?y    curl /b?y        wget /b/?y       RFC 3986 /b/?y
#              ./g?y    curl /b/c/g?y    wget /b/c/g?y    RFC 3986 /b/c/g?y
#              ?y       curl /b/c/d?y    wget /b/c/d?y    RFC 3986 /b/c/d?y
#              #s       curl /b/c/       wget /b/c/d?q    RFC 3986 /b/c/d?q
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

for tool in curl wget python3; do
    command -v $tool > /dev/null || untried "$tool is not installed"
done
[[ $(curl --version) == "curl 7.88.1 "* ]] || untried "this is another curl than 7.88.1"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
curl --version | sed -n 1p
wget --version | sed -n 1p

cat > follow.py << 'PYTHON'
import http.server, subprocess, threading, urllib.parse

class Redirect(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        asked.append(self.path)
        self.send_response(302 if len(asked) == 1 else 200)
        if len(asked) == 1:
            self.send_header("Location", reference)
        self.send_header("Content-Length", "0")
        self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", 0), Redirect)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}/b/c/d?q"
clients = {"curl": ["curl", "-qsL", "--noproxy", "*", "-o", "/dev/null"],
           "wget": ["wget", "-q", "--no-config", "--no-proxy", "-O", "/dev/null"]}
for reference in ["./", "./?y", "../", "../?y", "./g?y", "?y", "#s"]:
    line = reference.ljust(8)
    for name, command in clients.items():
        asked = []
        subprocess.run([*command, base])
        line += f" {name} {asked[-1]}".ljust(17)
    target = urllib.parse.urlsplit(urllib.parse.urljoin(base, reference))
    print(f"{line} RFC 3986 {target.path}{'?' + target.query if target.query else ''}")
PYTHON
result=$(python3 follow.py)
echo "$result"
expected="./       curl /b/c/       wget /b/c/       RFC 3986 /b/c/
./?y     curl /b/c?y      wget /b/c/?y     RFC 3986 /b/c/?y
../      curl /b/         wget /b/         RFC 3986 /b/
../?y    curl /b?y        wget /b/?y       RFC 3986 /b/?y
./g?y    curl /b/c/g?y    wget /b/c/g?y    RFC 3986 /b/c/g?y
?y       curl /b/c/d?y    wget /b/c/d?y    RFC 3986 /b/c/d?y
#s       curl /b/c/       wget /b/c/d?q    RFC 3986 /b/c/d?q"
[[ $result == "$expected" ]] || changed "$(diff <(echo "$expected") <(echo "$result") | grep '^>' | head -n 1)"
echo "as described"
