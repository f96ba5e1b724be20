"""A site of odd pages for spiders, on a port of its own."""

import base64
import gzip
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# One red point.
IMAGE = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGP4z8AARwzEcQCukw/x0F8jngAAAABJRU5ErkJggg==")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: bytes, code: int = 200, kind: str = "text/html", **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/p/") and path[3:].isdigit():
            number = int(path[3:])
            text = f'<html><body><h1>{number}</h1><a href="/p/{number + 1}">next</a></body></html>'
            self.answer(text.encode(), Set_Cookie=f"page={number}")
        elif path.startswith("/c/") and path[3:].isdigit():
            self.answer(b"an error", int(path[3:]))
        elif path.startswith("/hang="):
            time.sleep(float(path[6:]))
            self.answer(b"late")
        elif path == "/redirect":
            self.answer(b"", 302, Location="/p/1")
        elif path == "/gzip":
            self.answer(gzip.compress(b"packed"), Content_Encoding="gzip")
        elif path == "/image.png":
            self.answer(IMAGE, kind="image/png")
        elif path == "/feed.xml":
            self.answer(b"<all><thing>a</thing><thing>b</thing></all>", kind="text/xml")
        elif path == "/feed.csv":
            self.answer(b"a,b\n1,2\n3,4\n", kind="text/csv")
        elif path == "/sitemap.xml":
            place = f"http://{self.headers['Host']}/p/1"
            self.answer(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{place}</loc></url></urlset>'
                        .encode(), kind="text/xml")
        elif path == "/robots.txt":
            self.answer(b"User-agent: *\nDisallow: /denied\n", kind="text/plain")
        else:
            self.answer(b"nothing here", 404)


def serve() -> str:
    """Serves in a thread, as long as this process runs; gives the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
