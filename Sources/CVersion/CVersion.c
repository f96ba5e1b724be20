#include "CVersion.h"

// The number of the sources. tools/version takes it where no tag says another one.
#define SOURCES_VERSION "0.1.0"

// A section of its own, into which tools/package writes when the programs are built (objcopy --update-section). A commit
// that was compiled in would have each build link everything again, or be wrong. tools/package pads both texts to these
// sizes with zeros, and ends each with one.
__attribute__((used, section(".spool_version"))) static const struct {
  char number[96], line[160];
} version = {SOURCES_VERSION, SOURCES_VERSION " (commit unknown: not built by tools/package)"};

// Nothing outside of this file sees what is in the section, so that no compiler can use what is in it now.
const char *cversion_number(void) { return version.number; }

const char *cversion_line(void) { return version.line; }
