#!/usr/bin/env bash
# nginx passes a growing answer on at once only if the server behind it breaks HTTP/1.0, or tells nginx to.
#
# software   nginx 1.22.1 (Debian 12: nginx-light), with proxy_pass and no other directive
# read       ngx_http_proxy_module, proxy_http_version (1.0 by default then), proxy_buffering; RFC 9112, 6.1: no
#            Transfer-Encoding to a client of HTTP/1.0
# guess      nginx hands on what arrives; a body that ends when the connection closes is the right one for HTTP/1.0, and
#            streams as well as a chunked one.
# behaviour  Such a body is held back until it ends or fills a buffer. The same lines in chunks, which HTTP/1.0 has not,
#            come through one by one; so they do without chunks, with X-Accel-Buffering: no.
# matters    Answering HTTP/1.0 correctly stops followed logs behind nginx, unless the header is sent as well.
# seen       2026-11-28:
#              closed at the end: held back
#              in chunks: at once
#              closed at the end, X-Accel-Buffering no: at once
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'kill ${nginx:-} ${server:-} 2> /dev/null || true; wait; rm -rf "$tmp"' EXIT
cd "$tmp"
export PATH=$PATH:/usr/sbin
command -v nginx > /dev/null || untried "nginx is not installed"
nginx -v 2>&1 | tee version
grep -q ' nginx/1\.22\.' version || untried "it is about nginx 1.22"

mkfifo go-on
cat > server.py << 'PYTHON'
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        chunked = "chunks" in self.path
        self.send_header("Transfer-Encoding", "chunked") if chunked else self.send_header("Connection", "close")
        if "told" in self.path:
            self.send_header("X-Accel-Buffering", "no")
        self.end_headers()
        self.wfile.write(b"6\r\nfirst\n\r\n" if chunked else b"first\n")
        open("go-on").read()  # until the script lets it go on
        self.wfile.write(b"7\r\nsecond\n\r\n0\r\n\r\n" if chunked else b"second\n")

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
exec 4< <(exec python3 server.py)
server=$!
read -r behind <&4
front=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
paths=$(printf '%s_temp_path temporary; ' client_body proxy fastcgi uwsgi scgi)
cat > nginx.conf << CONFIGURATION
daemon off; pid nginx.pid; error_log stderr crit; events {}
http { access_log off; $paths
server { listen 127.0.0.1:$front; location / { proxy_pass http://127.0.0.1:$behind; } } }
CONFIGURATION
nginx -p "$tmp" -c "$tmp/nginx.conf" 2> nginx.log &
nginx=$!

# line PATH: whether the first line comes while the second is not yet written.
line() {
    local first=
    exec 3< <(exec curl -sN --retry 20 --retry-connrefused --retry-delay 1 "http://127.0.0.1:$front/$1")
    IFS= read -t 5 -r first <&3 || true
    echo > go-on
    cat <&3 > /dev/null
    result="held back"
    if [[ $first == first ]]; then result="at once"; fi
}
for case in "closed:closed at the end:held back" "chunks:in chunks:at once" \
    "closed-told:closed at the end, X-Accel-Buffering no:at once"; do
    line "${case%%:*}"
    what=${case#*:}
    echo "${what%:*}: $result"
    [[ $result == "${what##*:}" ]] || changed "${what%:*}"
done
echo "as described"
