#include "COpenSSL.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>

// EVP_sha1() is fetched anew by each EVP_DigestInit_ex, which costs more than the digest of a short text.
static EVP_MD *sha1;
static pthread_once_t sha1_once = PTHREAD_ONCE_INIT;

static void fetch_sha1(void) { sha1 = EVP_MD_fetch(NULL, "SHA1", NULL); }

int atalaya_sha1(const uint8_t *bytes, size_t count, uint8_t *digest) {
    pthread_once(&sha1_once, fetch_sha1);
    if (sha1 == NULL) return 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL) return 0;
    int done = EVP_DigestInit_ex2(context, sha1, NULL) == 1 && EVP_DigestUpdate(context, bytes, count) == 1
        && EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

int atalaya_random(uint8_t *bytes, size_t count) {
    while (count > 0) {
        int part = count > 1 << 20 ? 1 << 20 : (int)count;
        if (RAND_bytes(bytes, part) != 1) return 0;
        bytes += part;
        count -= (size_t)part;
    }
    return 1;
}

int atalaya_compare(const uint8_t *one, const uint8_t *other, size_t count) {
    return CRYPTO_memcmp(one, other, count);
}
