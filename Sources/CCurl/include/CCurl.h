// The part of libcurl that Atalaya uses: many requests at once on one thread, with lengths and lifetimes annotated.
#ifndef ATALAYA_CCURL_H
#define ATALAYA_CCURL_H

#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A CURLM. Used by one thread at a time, except for `atalaya_multi_wake`.
typedef struct atalaya_multi atalaya_multi;

/// A CURL with everything it points to: request body, headers, and what has been received so far.
typedef struct atalaya_transfer atalaya_transfer;

/// A thread that blocks all signals, so that a SIGPIPE from one of OpenSSL's writes does no harm.
typedef struct atalaya_thread atalaya_thread;

/// How a transfer ended; our own names for the CURLcodes that a caller can react to.
typedef enum {
    atalaya_ended_well,
    atalaya_ended_unresolved,
    atalaya_ended_unreachable,
    atalaya_ended_timed_out,
    atalaya_ended_untrusted,
    atalaya_ended_too_large,
    atalaya_ended_invalid,
    atalaya_ended_broken,
} atalaya_outcome;

typedef struct {
    bool found;
    uint64_t identifier;
    atalaya_outcome outcome;
} __attribute__((swift_attr("safe"))) atalaya_ending;

atalaya_multi *atalaya_multi_create(void);
void atalaya_multi_free(atalaya_multi *multi);
bool atalaya_multi_add(atalaya_multi *multi, atalaya_transfer *transfer);
void atalaya_multi_remove(atalaya_multi *multi, atalaya_transfer *transfer);
/// Reads and writes whatever is possible without waiting.
void atalaya_multi_perform(atalaya_multi *multi);
/// One transfer that has ended and was not reported yet; the caller must remove and free it.
atalaya_ending atalaya_multi_next_ending(atalaya_multi *multi);
/// Waits until a socket is ready, one of curl's own time-outs is due, somebody wakes it, or the time is up.
void atalaya_multi_wait(atalaya_multi *multi, int milliseconds);
/// From any thread; not lost if nobody is waiting yet.
void atalaya_multi_wake(atalaya_multi *multi);

/// Writes the host of a URL, an IPv6 address with its brackets; returns its length, 0 if there is none or no room.
size_t atalaya_url_host(const char *url, uint8_t *text, size_t room);

/// `method`: in capitals.
atalaya_transfer *atalaya_transfer_create(uint64_t identifier, const char *method, const char *url);
void atalaya_transfer_free(atalaya_transfer *transfer);
void atalaya_transfer_set_limits(atalaya_transfer *transfer, int64_t milliseconds, int64_t connect_milliseconds,
                                 size_t maximum_body_bytes);
/// `Name: value`
bool atalaya_transfer_add_header(atalaya_transfer *transfer, const char *line);
/// Copied.
void atalaya_transfer_set_body(atalaya_transfer *transfer, const uint8_t *__counted_by(count) bytes __noescape,
                               size_t count);
/// A PEM file with the certificates to trust instead of the system's.
void atalaya_transfer_set_authorities(atalaya_transfer *transfer, const char *path);
/// No proxy, even if the environment names one.
void atalaya_transfer_use_no_proxy(atalaya_transfer *transfer);

int32_t atalaya_transfer_status(atalaya_transfer *transfer);
size_t atalaya_transfer_body_bytes(atalaya_transfer *transfer);
/// The header fields of the last answer, each line with its CRLF, without the status line.
size_t atalaya_transfer_head_bytes(atalaya_transfer *transfer);
/// `count`: exactly the number of bytes there are.
void atalaya_transfer_copy_body(atalaya_transfer *transfer, uint8_t *__counted_by(count) bytes __noescape,
                                size_t count);
void atalaya_transfer_copy_head(atalaya_transfer *transfer, uint8_t *__counted_by(count) bytes __noescape,
                                size_t count);
/// curl's own description of what went wrong; valid as long as the transfer.
const char *atalaya_transfer_reason(atalaya_transfer *transfer, atalaya_outcome outcome);

/// `name`: at most 15 characters.
atalaya_thread *atalaya_thread_start(const char *name, void (*body)(void *context), void *context);
/// Waits until the thread has ended, and frees it.
void atalaya_thread_join(atalaya_thread *thread);

#endif
