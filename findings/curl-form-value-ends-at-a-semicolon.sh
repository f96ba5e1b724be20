#!/usr/bin/env bash
# curl -F 'field=a; b' sends "a" and exits with 0, and -s hides the warning; a value in quotation marks loses them.
#
# software   curl 7.88.1 (Debian 12)
# read       curl(1), -F, of which one sentence is about text: "Quoting must also be applied to non-file data if it
#            contains semicolons, leading/trailing spaces or leading double quotes"; --form-string
# guess      Only a first @ or <, and ";type=", are special, as --form-string says; the shell's quotes do for the rest.
# behaviour  Any semicolon ends the value, also within JSON. What follows is a type, a file name or header fields if it
#            looks like one, else it is dropped; curl warns of that, but not with -s. A value that begins with a
#            quotation mark ends at the next one. With --form-string, or -F name=<file, it is sent as it is.
# matters    APIs of spiders are called by curl -sF: a payload with a user agent is cut in the middle and refused at
#            best; a description or a rule loses its end, and the answer is ok.
# seen       2026-11-28:
#              -F payload={"agent": "Mozilla/5.0 (X11; Linux)"} sends {"agent": "Mozilla/5.0 (X11
#              -F description=prices; all shops sends prices
#              -F payload={"rule": "a;type=text/css"} sends {"rule": "a, with Content-Type: text/css"}
#              -F payload="a text" sends a text
#              --form-string payload={"agent": "Mozilla/5.0 (X11; Linux)"} sends all of it
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

command -v curl > /dev/null || untried "curl is not installed"
tmp=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server"; rm -rf "$tmp"' EXIT
cd "$tmp"
curl --version | sed -n 1p

# Answers with what it got.
cat > echo.py << 'PYTHON'
import http.server

class Echo(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

server = http.server.HTTPServer(("127.0.0.1", 0), Echo)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
exec 3< <(exec python3 echo.py)
server=$!
read -r port <&3

# sent OPTION FIELD: the value as it came, and its type if it has one. Whatever curl says goes to a file.
sent() {
    local type
    curl -s "$1" "$2" "http://127.0.0.1:$port/" > body 2> warnings || changed "curl $1 '$2' fails"
    tr -d '\r' < body > lines
    type=$(sed -n 's/^Content-Type: /, with Content-Type: /p' lines)
    echo "$(sed -n '/^$/,/^--/{/^$/d;/^--/d;p}' lines)$type"
}

# try OPTION FIELD EXPECTED
try() {
    local result
    result=$(sent "$1" "$2")
    echo "$1 $2 sends $result"
    [[ $result == "$3" && ! -s warnings ]] || changed "$1 $2"
}
agent='{"agent": "Mozilla/5.0 (X11; Linux)"}'
try -F "payload=$agent" '{"agent": "Mozilla/5.0 (X11'
try -F "description=prices; all shops" "prices"
try -F 'payload={"rule": "a;type=text/css"}' '{"rule": "a, with Content-Type: text/css"}'
try -F 'payload="a text"' 'a text'
try --form-string "payload=$agent" "$agent"
echo -n "$agent" > payload.json
try -F "payload=<payload.json" "$agent"
curl -F "payload=$agent" "http://127.0.0.1:$port/" 2>&1 > body | grep Warning || changed "no warning without -s"
echo "as described"
