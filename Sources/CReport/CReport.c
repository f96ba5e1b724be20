#include "CReport.h"

// #embed (C23 §6.10.4) needs no step of the build: the compiler reads the file, and does it again when it changes.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t sitecustomize_py[] = {
#embed "report/sitecustomize.py"
};

const uint8_t *creport_hook(size_t *count) {
    *count = sizeof sitecustomize_py;
    return sitecustomize_py;
}
