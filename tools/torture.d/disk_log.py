"""Reads what disk.py has noted."""

import struct
from pathlib import Path
from typing import List, NamedTuple

RECORD = struct.Struct("<cQI")


class Record(NamedTuple):
    kind: str
    offset: int
    data: bytes


def read_log(path: Path) -> List[Record]:
    text, position, records = path.read_bytes(), 0, []
    while position + RECORD.size <= len(text):
        kind, offset, length = RECORD.unpack_from(text, position)
        position += RECORD.size
        records.append(Record(kind.decode(), offset, text[position:position + length]))
        position += length
    return records
