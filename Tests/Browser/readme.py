"""The picture of the page in the README: readme.py URL SITE ARCHIVE FILE. See tools/screenshots."""

import collections
import contextlib
import json
import re
import struct
import sys
import urllib.error
import zlib

from playwright.sync_api import expect

from browser import Service, chromium

WIDTH, HEIGHT = 1040, 640


def pixels(png):
    """Width, height, and the pixels of a PNG without interlacing, eight bits a channel, as tuples, row by row."""
    place, data = 8, b""
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place:place + 8])
        body = png[place + 8:place + 8 + size]
        if kind == b"IHDR":
            width, height, _, color = struct.unpack(">IIBB", body[:10])
        if kind == b"IDAT":
            data += body
        place += size + 12
    step = {2: 3, 6: 4}[color]
    data, above, rows = zlib.decompress(data), bytes(width * step), []
    for number in range(height):
        start = number * (width * step + 1)
        kind, row = data[start], bytearray(data[start + 1:start + 1 + width * step])
        for at in range(len(row)):
            left = row[at - step] if at >= step else 0
            corner = above[at - step] if at >= step else 0
            guesses = abs(above[at] - corner), abs(left - corner), abs(left + above[at] - 2 * corner)
            nearest = (left, above[at], corner)[guesses.index(min(guesses))]
            row[at] = row[at] + (0, left, above[at], (left + above[at]) // 2, nearest)[kind] & 255
        rows.append([tuple(row[at:at + 3]) for at in range(0, len(row), step)])
        above = bytes(row)
    return width, height, rows


def with_palette(png, most=64):
    """The same picture with the most frequent colours, each other one as the nearest of these: a third of the size."""
    width, height, rows = pixels(png)
    counts = collections.Counter(pixel for row in rows for pixel in row)
    palette = [color for color, _ in counts.most_common(most)]
    nearest = {
        color: min(range(len(palette)), key=lambda n: sum((a - b) ** 2 for a, b in zip(color, palette[n])))
        for color in counts}
    lines = b"".join(b"\0" + bytes(nearest[pixel] for pixel in row) for row in rows)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + b"".join((
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        chunk(b"PLTE", bytes(part for color in palette for part in color)),
        chunk(b"IDAT", zlib.compress(lines, 9)), chunk(b"IEND", b"")))


def main(address, site, archive, file):
    service = Service(address)
    with chromium() as browser:
        page = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}).new_page()
        page.goto(address + "?page=projects")
        page.set_input_files("#archive", archive)
        page.wait_for_selector(".SUCCESSFUL:has-text('bookshop is pushed')", timeout=60_000)
        payload = json.dumps({"site": site})
        few = json.dumps({"site": site, "limit": 5})
        service.schedule("bookshop", "books", payload=few, **{"fail-if": "items<100"})
        page.goto(address + "?page=jobs&status=ACTIVE")
        expect(page.get_by_text("No active jobs.")).to_be_visible(timeout=120_000)
        service.schedule("bookshop", "authors", "every day at 03:30", description="all")
        service.schedule("bookshop", "books", "every 2 hours", payload=payload)
        service.schedule("bookshop", "books", "cron 0 4 * * mon-fri in Europe/Warsaw")
        running = [
            service.schedule("bookshop", "books", payload=payload, description=text)
            for text in ("the whole shop", "after the sale")]
        running.append(service.schedule("bookshop", "authors", payload=payload))
        page.goto(address)
        expect(page.locator("#connection")).to_have_text("Live")
        # A running crawl reports its items every few seconds.
        expect(page.locator("main")).to_contain_text(re.compile(r"\d\d items"), timeout=60_000)
        content = page.screenshot()
        for job in running:
            # One of them may have ended.
            with contextlib.suppress(urllib.error.HTTPError):
                service.post("cancel-job.json", id=job)
    with open(file, "wb") as picture:
        picture.write(with_palette(content))


main(*sys.argv[1:])
