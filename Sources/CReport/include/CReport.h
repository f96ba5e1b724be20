// The Python module by which crawls report, inside of the program.
#ifndef CREPORT_H
#define CREPORT_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of report/sitecustomize.py, and how many these are.
const uint8_t *creport_hook(size_t *count);

#endif
