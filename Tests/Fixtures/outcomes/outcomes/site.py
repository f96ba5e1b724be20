"""Servers in the spider's own process: a site, an FTP server that takes no file, and names that nobody knows."""

import http.server
import pathlib
import socket
import socketserver
import threading
import time

#: A page that needs no site.
HERE = pathlib.Path(__file__).as_uri()


def _serve(server):
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


class _Site(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        if "hang" in self.path:
            time.sleep(3600)
        self.send_response(int(self.path.strip("/")))
        self.end_headers()


def url(path):
    """The URL of a page that answers with the status in its path, or never."""
    port = _serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site))
    return "http://127.0.0.1:%d/%s" % (port, path)


class _Ftp(socketserver.StreamRequestHandler):
    answers = {"USER": "331 password", "PASS": "230 welcome", "TYPE": "200 binary", "CWD": "250 there"}

    def handle(self):
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line.decode().split()[0].upper()
            self.wfile.write((self.answers.get(word, "553 no room") + "\r\n").encode())


def ftp():
    """The URL of a file on an FTP server that refuses to store it."""
    return "ftp://user:word@127.0.0.1:%d/x.jl" % _serve(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Ftp))


def forget_names():
    """Makes the resolver answer as for a name that does not exist, without a network."""

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    socket.gethostbyname = socket.getaddrinfo = unknown
