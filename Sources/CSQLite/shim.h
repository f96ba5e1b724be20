/* SQLite 3 (3.31 or later), as Debian's libsqlite3-dev installs it. */
#pragma once
#include <sqlite3.h>
