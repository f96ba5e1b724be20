#define _GNU_SOURCE
#include "CPasswordHash.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

int password_hash(const char *phrase, const char *setting, char *hash) {
  struct crypt_data *data = calloc(1, sizeof *data);
  if (data == NULL) return -1;
  const char *result = crypt_rn(phrase, setting, data, sizeof *data);
  int status = -1;
  if (result != NULL && strlen(result) < PASSWORD_HASH_SIZE) {
    strcpy(hash, result);
    status = 0;
  }
  explicit_bzero(data, sizeof *data);
  free(data);
  return status;
}

int password_setting(char *setting) {
  return crypt_gensalt_rn("$y$", 0, NULL, 0, setting, PASSWORD_HASH_SIZE) == NULL ? -1 : 0;
}
