// The Python program that has Scrapy in its memory and becomes spiders by fork, inside of the server.
#ifndef CWARM_H
#define CWARM_H

#include <stddef.h>
#include <stdint.h>

/// The bytes of warm/warm.py, and how many these are.
const uint8_t *cwarm_parent(size_t *count);

#endif
