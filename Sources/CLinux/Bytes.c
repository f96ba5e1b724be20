#define _GNU_SOURCE
#include "CLinux.h"

#include <string.h>

const void *clinux_find(const void *bytes, size_t count, const void *wanted, size_t length) {
    return memmem(bytes, count, wanted, length);
}

const void *clinux_find_last(const void *bytes, size_t count, uint8_t byte) { return memrchr(bytes, byte, count); }

// Both loops have no branch inside, so that the compiler takes many bytes at a time.

size_t clinux_count(const void *bytes, size_t count, uint8_t byte) {
    const uint8_t *from = bytes;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += from[i] == byte;
    return found;
}

void clinux_fold(void *target, const void *bytes, size_t count) {
    const uint8_t *from = bytes;
    uint8_t *to = target;
    for (size_t i = 0; i < count; i++) to[i] = (uint8_t)(from[i] | ((uint8_t)(from[i] - 'A') < 26 ? 0x20 : 0));
}
