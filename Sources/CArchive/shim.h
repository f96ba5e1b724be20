/* libarchive (3.6 or later), as Debian's libarchive-dev installs it. */
#pragma once
#include <archive.h>
#include <archive_entry.h>
