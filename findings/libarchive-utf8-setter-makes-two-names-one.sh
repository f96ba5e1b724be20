#!/usr/bin/env bash
# libarchive's setter for UTF-8 names writes them composed: two files that differ by composition alone become one entry name.
#
# software   libarchive 3.6.2 (Debian 12: libarchive13 3.6.2-1+deb12u5), Python 3 with ctypes
# read       libarchive/archive_string.c: archive_string_normalize_C, for a conversion with SCONV_NORMALIZATION_C;
#            archive_entry_paths(3) says of the setters only which encoding they take
# guess      archive_entry_set_pathname_utf8 is the right one of its family for names that are UTF-8: the bytes go into the
#            archive unchanged, and archive_entry_set_pathname, which is for the locale's encoding, is for other programs.
# behaviour  What is set by the former comes out in form C (NFC); what is set by the latter, with a UTF-8 locale, comes out as
#            it was. Of "e + U+0301" and "U+00E9", two files on Linux, a zip has the same name twice, and no call warns.
# matters    Whoever unpacks it gets one of the two files: the other one is lost, for instance with spiders that name files by
#            what pages say. A packer on Linux has to set bytes, with a UTF-8 codeset in the calling thread.
# seen       2026-11-29:
#              archive_entry_set_pathname_utf8: c3a9 c3a9
#              archive_entry_set_pathname: 65cc81 c3a9
set -euo pipefail

untried() { echo "not tried: $1" && exit 77; }
changed() { echo "CHANGED: $1" && exit 1; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
chmod 755 .
apt-get -q download libarchive13=3.6.2-1+deb12u5 > /dev/null 2>&1 || untried "apt-get has no libarchive13 3.6.2-1+deb12u5"
dpkg -x libarchive13_*.deb packages

cat > zip.py << 'END'
import ctypes, locale, sys, zipfile
locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
library, setter = ctypes.CDLL(sys.argv[1]), sys.argv[2]
for function in ("archive_write_new", "archive_entry_new"):
    getattr(library, function).restype = ctypes.c_void_p
archive, entry = ctypes.c_void_p(library.archive_write_new()), ctypes.c_void_p(library.archive_entry_new())
def call(function, *arguments):
    assert getattr(library, function)(archive, *arguments) == 0, function
call("archive_write_set_format_zip")
call("archive_write_set_options", b"zip:hdrcharset=UTF-8")
call("archive_write_open_filename", b"both.zip")
for name in ("e\u0301", "\u00e9"):
    library.archive_entry_clear(entry)
    getattr(library, setter)(entry, name.encode())
    library.archive_entry_set_filetype(entry, 0o100000)
    library.archive_entry_set_size(entry, ctypes.c_int64(0))
    call("archive_write_header", entry)
call("archive_write_close")
print(f"{setter}:", *(info.filename.encode().hex() for info in zipfile.ZipFile("both.zip").infolist()))
END
library=$(echo packages/usr/lib/*-linux-gnu/libarchive.so.13)
python3 zip.py "$library" archive_entry_set_pathname_utf8 > utf8 2> error || untried "$(tail -n 1 error)"
python3 zip.py "$library" archive_entry_set_pathname > locale
cat utf8 locale
[[ $(< utf8) == "archive_entry_set_pathname_utf8: c3a9 c3a9" ]] || changed "the setter for UTF-8"
[[ $(< locale) == "archive_entry_set_pathname: 65cc81 c3a9" ]] || changed "the setter for the locale's encoding"
echo "as described"
