// Password hashes of libxcrypt, whose functions Swift cannot call because of the size of their buffers.

#ifndef C_PASSWORD_HASH_H
#define C_PASSWORD_HASH_H

#include <stddef.h>

#pragma clang assume_nonnull begin

/// The most bytes of a hash, its final NUL included.
#define PASSWORD_HASH_SIZE 384

/// Hashes a phrase as `setting` says (crypt(5)), which is a hash or what crypt_gensalt(3) gave. Writes a C string of at
/// most PASSWORD_HASH_SIZE bytes; returns 0, or -1 when the setting is none.
int password_hash(const char *phrase, const char *setting, char *hash);

/// Makes a setting of the recommended method (yescrypt), with salt from the system. Returns 0 or -1.
int password_setting(char *setting);

#pragma clang assume_nonnull end

#endif
