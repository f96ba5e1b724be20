#include "CWarm.h"

// #embed (C23 §6.10.4) needs no step of the build: the compiler reads the file, and does it again when it changes.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t warm_py[] = {
#embed "warm/warm.py"
};

const uint8_t *cwarm_parent(size_t *count) {
    *count = sizeof warm_py;
    return warm_py;
}
