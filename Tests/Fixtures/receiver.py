"""A receiver of webhooks and mails for tests: each request becomes a file REQUESTS/<number>.json.

Usage: receiver.py REQUESTS [SECRET]

The first word of a path says how it is answered: ok, hang, die, redirect, gone, flood, drip, refuse, or once (refused the first time).
Of requests to paths below /signed the signature is checked, as the libraries of Standard Webhooks do it.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import socketserver
import sys
import threading
import time

PLACE, SECRET = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""
LOCK = threading.Lock()
SEEN = {"number": 0}
REFUSED = set()


def record(facts):
    with LOCK:
        SEEN["number"] += 1
        name = f"{SEEN['number']:04}.json"
    with open(f"{PLACE}/.{name}", "w", encoding="utf-8") as file:
        json.dump(facts, file)
    os.rename(f"{PLACE}/.{name}", f"{PLACE}/{name}")


def is_signed(headers, body):
    """Whether a message is signed by the secret, and is of the last five minutes."""
    if abs(time.time() - int(headers.get("webhook-timestamp", "0"))) > 300:
        return False
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(word, f"v1,{wanted}") for word in headers.get("webhook-signature", "").split(" "))


class Hooks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        way = self.path.split("/")[1]
        headers = {name.lower(): value for name, value in self.headers.items()}
        facts = {"method": "POST", "path": self.path, "headers": headers, "body": body.decode(), "way": way}
        if "signed" in self.path:
            facts["signed"] = is_signed(headers, body)
        record(facts)
        if way == "hang":
            time.sleep(1000)
        elif way == "die":
            self.close_connection = True
        elif way == "redirect":
            self.answer(307, Location="/ok/redirected")
        elif way == "gone":
            self.answer(410)
        elif way == "refuse" or (way == "once" and self.path not in REFUSED):
            REFUSED.add(self.path)
            self.answer(500, b"no")
        elif way in ("flood", "drip"):
            self.endless(way)
        else:
            self.answer(200, b"ok")

    def endless(self, way):
        """An answer of 10 GB, at once or a byte a second."""
        self.send_response(200)
        self.send_header("Content-Length", str(10 << 30))
        self.end_headers()
        try:
            while True:
                self.wfile.write(b"x" if way == "drip" else b"x" * 65536)
                self.wfile.flush()
                if way == "drip":
                    time.sleep(1)
        except OSError:
            self.close_connection = True

    def do_GET(self):
        record({"method": "GET", "path": self.path, "way": "get"})
        self.answer(200, b"ok")

    def log_message(self, *_):
        pass


class Mails(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as curl speaks."""

    def handle(self):
        def say(line):
            self.wfile.write(line.encode() + b"\r\n")

        say("220 test")
        receivers = []
        for line in self.rfile:
            word = line.decode().strip()
            if word.upper().startswith("RCPT"):
                receivers.append(word)
            if word.upper().startswith("DATA"):
                say("354 go on")
                text = b""
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    text += part
                record({"method": "MAIL", "path": " ".join(receivers), "body": text.decode(), "way": "mail"})
            elif word.upper().startswith("QUIT"):
                say("221 bye")
                return
            say("250 ok")


class Threads(http.server.ThreadingHTTPServer):
    request_queue_size = 128


hooks = Threads(("127.0.0.1", 0), Hooks)
mails = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mails)
mails.daemon_threads = True
threading.Thread(target=mails.serve_forever, daemon=True).start()
print(f"receiver at {hooks.server_address[1]} {mails.server_address[1]}", flush=True)
hooks.serve_forever()
