#include "COpenSSL.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <pthread.h>

// What is not fetched once is fetched anew by each use, which costs more than the digest of a short text.
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

static EVP_MAC *hmac;
static pthread_once_t hmac_once = PTHREAD_ONCE_INIT;

static void fetch_hmac(void) { hmac = EVP_MAC_fetch(NULL, "HMAC", NULL); }

int atalaya_hmac_sha256(
    const uint8_t *key, size_t key_count, const uint8_t *bytes, size_t count, uint8_t *code) {
    pthread_once(&hmac_once, fetch_hmac);
    if (hmac == NULL) return 0;
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(hmac);
    if (context == NULL) return 0;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_end(),
    };
    // No key at all means "the one from before" to OpenSSL; an empty one has an address.
    const uint8_t *set_key = key_count > 0 ? key : (const uint8_t *)"";
    size_t written = 0;
    int done = EVP_MAC_init(context, set_key, key_count, parameters) == 1
        && (count == 0 || EVP_MAC_update(context, bytes, count) == 1)
        && EVP_MAC_final(context, code, &written, 32) == 1 && written == 32;
    EVP_MAC_CTX_free(context);
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
