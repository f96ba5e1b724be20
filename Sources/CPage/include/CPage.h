// The files of page/ and others, embedded in the program.
#ifndef CPAGE_H
#define CPAGE_H

#include <stddef.h>
#include <stdint.h>

/// An embedded file.
struct cpage_file {
    /// Its name.
    const char *name;
    /// Its content.
    const uint8_t *bytes;
    /// The length of the content in bytes.
    size_t count;
};

/// File `number` of the page, counted from 0; NULL past the last one.
const struct cpage_file *cpage_file(size_t number);

/// The OpenAPI document, from api/.
const struct cpage_file *cpage_openapi(void);

/// The Python module by which `scrapy list` reports the spiders, from scrapy/.
const struct cpage_file *cpage_sitecustomize(void);

#endif
