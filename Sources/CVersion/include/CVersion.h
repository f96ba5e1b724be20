// The version of the two programs, and the commit that they were built from.
#ifndef CVERSION_H
#define CVERSION_H

/// The version, such as `0.2.0` or, five commits later, `0.2.0+git5.1a2b3c4`.
const char *cversion_number(void);

/// What `--version` prints: the version, and in brackets the commit.
const char *cversion_line(void);

#endif
