#define _GNU_SOURCE
#include "CCurl.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct {
    uint8_t *bytes;
    size_t count;
    size_t room;
} buffer;

struct atalaya_multi {
    CURLM *handle;
};

struct atalaya_transfer {
    CURL *handle;
    uint64_t identifier;
    struct curl_slist *headers;
    bool has_content_type;
    buffer body;
    buffer head;
    size_t maximum_body_bytes;
    bool is_too_large;
    char error[CURL_ERROR_SIZE];
};

struct atalaya_thread {
    pthread_t thread;
    char name[16];
    void (*body)(void *context);
    void *context;
};

// A head larger than this is nothing we asked for.
static const size_t maximum_head_bytes = 64 * 1024;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void initialise(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static bool append(buffer *to, const char *bytes, size_t count, size_t limit) {
    if (count > limit - to->count) return false;
    if (count > to->room - to->count) {
        size_t room = to->room == 0 ? 4096 : to->room;
        while (room < to->count + count) room *= 2;
        uint8_t *grown = realloc(to->bytes, room);
        if (grown == NULL) return false;
        to->bytes = grown;
        to->room = room;
    }
    memcpy(to->bytes + to->count, bytes, count);
    to->count += count;
    return true;
}

static size_t received_body(char *bytes, size_t size, size_t count, void *context) {
    atalaya_transfer *transfer = context;
    if (!append(&transfer->body, bytes, size * count, transfer->maximum_body_bytes)) {
        transfer->is_too_large = true;
        return size * count == 0 ? 1 : 0;
    }
    return size * count;
}

static size_t received_head(char *bytes, size_t size, size_t count, void *context) {
    atalaya_transfer *transfer = context;
    size_t length = size * count;
    if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        // Another answer begins: what came before was a 100 or 103.
        transfer->head.count = 0;
        return length;
    }
    if (!append(&transfer->head, bytes, length, maximum_head_bytes)) {
        transfer->is_too_large = true;
        return length == 0 ? 1 : 0;
    }
    return length;
}

size_t atalaya_url_host(const char *url, uint8_t *text, size_t room) {
    size_t length = 0;
    char *host = NULL;
    CURLU *parts = curl_url();
    if (parts == NULL) return 0;
    if (curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        length = strlen(host);
        if (length > room) length = 0;
        memcpy(text, host, length);
        curl_free(host);
    }
    curl_url_cleanup(parts);
    return length;
}

atalaya_multi *atalaya_multi_create(void) {
    pthread_once(&once, initialise);
    atalaya_multi *multi = calloc(1, sizeof *multi);
    if (multi == NULL) return NULL;
    multi->handle = curl_multi_init();
    if (multi->handle == NULL) {
        free(multi);
        return NULL;
    }
    curl_multi_setopt(multi->handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, 64L);
    return multi;
}

void atalaya_multi_free(atalaya_multi *multi) {
    curl_multi_cleanup(multi->handle);
    free(multi);
}

bool atalaya_multi_add(atalaya_multi *multi, atalaya_transfer *transfer) {
    if (!transfer->has_content_type) {
        // Else curl calls every body a form.
        if (!atalaya_transfer_add_header(transfer, "Content-Type:")) return false;
    }
    curl_easy_setopt(transfer->handle, CURLOPT_HTTPHEADER, transfer->headers);
    return curl_multi_add_handle(multi->handle, transfer->handle) == CURLM_OK;
}

void atalaya_multi_remove(atalaya_multi *multi, atalaya_transfer *transfer) {
    curl_multi_remove_handle(multi->handle, transfer->handle);
}

void atalaya_multi_perform(atalaya_multi *multi) {
    int running = 0;
    curl_multi_perform(multi->handle, &running);
}

static atalaya_outcome outcome_of(CURLcode code, const atalaya_transfer *transfer) {
    if (code == CURLE_OK) return atalaya_ended_well;
    if (transfer->is_too_large) return atalaya_ended_too_large;
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return atalaya_ended_unresolved;
    case CURLE_COULDNT_CONNECT: return atalaya_ended_unreachable;
    case CURLE_OPERATION_TIMEDOUT: return atalaya_ended_timed_out;
    case CURLE_FILESIZE_EXCEEDED: return atalaya_ended_too_large;
    case CURLE_URL_MALFORMAT: return atalaya_ended_invalid;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR: return atalaya_ended_untrusted;
    default: return atalaya_ended_broken;
    }
}

atalaya_ending atalaya_multi_next_ending(atalaya_multi *multi) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi->handle, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        atalaya_transfer *transfer = NULL;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        if (transfer == NULL) continue;
        return (atalaya_ending){true, transfer->identifier, outcome_of(message->data.result, transfer)};
    }
    return (atalaya_ending){false, 0, atalaya_ended_broken};
}

void atalaya_multi_wait(atalaya_multi *multi, int milliseconds) {
    curl_multi_poll(multi->handle, NULL, 0, milliseconds, NULL);
}

void atalaya_multi_wake(atalaya_multi *multi) { curl_multi_wakeup(multi->handle); }

atalaya_transfer *atalaya_transfer_create(uint64_t identifier, const char *method, const char *url) {
    atalaya_transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL) return NULL;
    CURL *handle = curl_easy_init();
    if (handle == NULL) {
        free(transfer);
        return NULL;
    }
    transfer->handle = handle;
    transfer->identifier = identifier;
    curl_easy_setopt(handle, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    if (strcmp(method, "HEAD") == 0) curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "atalaya");
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, received_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, received_head);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
    // A body is sent at once: no second round trip to ask whether it may be.
    atalaya_transfer_add_header(transfer, "Expect:");
    return transfer;
}

void atalaya_transfer_free(atalaya_transfer *transfer) {
    curl_easy_cleanup(transfer->handle);
    curl_slist_free_all(transfer->headers);
    free(transfer->body.bytes);
    free(transfer->head.bytes);
    free(transfer);
}

void atalaya_transfer_set_limits(atalaya_transfer *transfer, int64_t milliseconds, int64_t connect_milliseconds,
                                 size_t maximum_body_bytes) {
    curl_easy_setopt(transfer->handle, CURLOPT_TIMEOUT_MS, (long)milliseconds);
    curl_easy_setopt(transfer->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_milliseconds);
    transfer->maximum_body_bytes = maximum_body_bytes;
    // Refuses a body that announces its size before a byte of it is read; 0 would mean no limit.
    if (maximum_body_bytes > 0) {
        curl_easy_setopt(transfer->handle, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)maximum_body_bytes);
    }
}

bool atalaya_transfer_add_header(atalaya_transfer *transfer, const char *line) {
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (longer == NULL) return false;
    transfer->headers = longer;
    if (strncasecmp(line, "content-type:", 13) == 0) transfer->has_content_type = true;
    return true;
}

void atalaya_transfer_set_body(atalaya_transfer *transfer, const uint8_t *bytes, size_t count) {
    curl_easy_setopt(transfer->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
    curl_easy_setopt(transfer->handle, CURLOPT_COPYPOSTFIELDS, count == 0 ? "" : (const char *)bytes);
}

void atalaya_transfer_set_authorities(atalaya_transfer *transfer, const char *path) {
    curl_easy_setopt(transfer->handle, CURLOPT_CAINFO, path);
    curl_easy_setopt(transfer->handle, CURLOPT_CAPATH, NULL);
}

void atalaya_transfer_use_no_proxy(atalaya_transfer *transfer) {
    curl_easy_setopt(transfer->handle, CURLOPT_PROXY, "");
}

int32_t atalaya_transfer_status(atalaya_transfer *transfer) {
    long status = 0;
    curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    return (int32_t)status;
}

size_t atalaya_transfer_body_bytes(atalaya_transfer *transfer) { return transfer->body.count; }
size_t atalaya_transfer_head_bytes(atalaya_transfer *transfer) { return transfer->head.count; }

static void copy(const buffer *from, uint8_t *bytes, size_t count) {
    size_t copied = count < from->count ? count : from->count;
    if (copied > 0) memcpy(bytes, from->bytes, copied);
}

void atalaya_transfer_copy_body(atalaya_transfer *transfer, uint8_t *bytes, size_t count) {
    copy(&transfer->body, bytes, count);
}

void atalaya_transfer_copy_head(atalaya_transfer *transfer, uint8_t *bytes, size_t count) {
    copy(&transfer->head, bytes, count);
}

const char *atalaya_transfer_reason(atalaya_transfer *transfer, atalaya_outcome outcome) {
    if (transfer->error[0] != 0) return transfer->error;
    switch (outcome) {
    case atalaya_ended_unresolved: return "the name could not be resolved";
    case atalaya_ended_unreachable: return "no connection";
    case atalaya_ended_untrusted: return "no trust in the certificate";
    case atalaya_ended_invalid: return "the URL is not one of HTTP";
    default: return "the transfer broke off";
    }
}

static void *run(void *argument) {
    atalaya_thread *thread = argument;
    thread->body(thread->context);
    return NULL;
}

atalaya_thread *atalaya_thread_start(const char *name, void (*body)(void *context), void *context) {
    atalaya_thread *thread = calloc(1, sizeof *thread);
    if (thread == NULL) return NULL;
    thread->body = body;
    thread->context = context;
    strncpy(thread->name, name, sizeof thread->name - 1);
    // A thread begins with its maker's mask, so there is no moment in which a signal could find it.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(&thread->thread, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure != 0) {
        free(thread);
        return NULL;
    }
    pthread_setname_np(thread->thread, thread->name);
    return thread;
}

void atalaya_thread_join(atalaya_thread *thread) {
    pthread_join(thread->thread, NULL);
    free(thread);
}
