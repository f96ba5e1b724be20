// The files of the page, as they stand in page/, and others, inside of the program.
#ifndef CPAGE_H
#define CPAGE_H

#include <stddef.h>
#include <stdint.h>

/// A file of the page.
struct cpage_file {
    /// Its name in page/.
    const char *name;
    /// Its content.
    const uint8_t *bytes;
    /// How many bytes these are.
    size_t count;
};

/// The file of a number, counted from 0; NULL past the last one.
const struct cpage_file *cpage_file(size_t number);

/// The description of the API, from api/.
const struct cpage_file *cpage_openapi(void);

/// The Python module by which `scrapy list` answers, from scrapy/.
const struct cpage_file *cpage_sitecustomize(void);

#endif
