// Password hashes of libxcrypt, whose functions Swift cannot call because of the size of their buffers.

#ifndef C_PASSWORD_HASH_H
#define C_PASSWORD_HASH_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// The maximum length of a hash in bytes, including its final NUL.
#define PASSWORD_HASH_SIZE 384

/// Hashes a phrase with `setting` (crypt(5)): a hash, or the result of crypt_gensalt(3). Writes a C string of at most
/// PASSWORD_HASH_SIZE bytes. Returns 0, or -1 on failure, such as an invalid setting.
int password_hash(const char *phrase, const char *setting, char *hash);

/// Makes a setting of the recommended method (yescrypt), with salt from the system. Returns 0 or -1.
int password_setting(char *setting);

#pragma clang assume_nonnull end

#endif
