// The part of OpenSSL 3 that Atalaya uses.
//
// Lengths are not annotated as in the other walls: Swift 6.3.1 crashes in release builds of a module that has more than
// one file and calls a span wrapper (IRGenerator::emitLazyDefinitions), and Crypto is to have more than one.
#ifndef ATALAYA_COPENSSL_H
#define ATALAYA_COPENSSL_H

#include <stddef.h>
#include <stdint.h>

/// Writes the SHA-1 of `count` bytes to the 20 of `digest`; 1 on success. The algorithm is fetched once per process.
int atalaya_sha1(const uint8_t *bytes, size_t count, uint8_t *digest);

/// Fills `bytes` from OpenSSL's generator; 1 on success.
int atalaya_random(uint8_t *bytes, size_t count);

/// Writes the HMAC-SHA256 of `count` bytes under the key to the 32 of `code`; 1 on success. Both may be empty.
int atalaya_hmac_sha256(
    const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *code);

/// 0 if the first `count` bytes are equal, in a time that depends only on `count`.
int atalaya_compare(const uint8_t *one, const uint8_t *other, size_t count);

#endif
