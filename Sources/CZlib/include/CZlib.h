// The part of zlib that Atalaya uses: gzip members (RFC 1952), with lengths and lifetimes annotated.
#ifndef ATALAYA_CZLIB_H
#define ATALAYA_CZLIB_H

#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// A deflate stream; on the heap, since zlib keeps a pointer back to it.
typedef struct atalaya_deflate atalaya_deflate;

/// What one call consumed and produced.
typedef struct {
    size_t taken;
    size_t given;
    /// 1: success; 2: the stream is complete; 0: an error of ours.
    int outcome;
} __attribute__((swift_attr("safe"))) atalaya_step;

atalaya_deflate *atalaya_gzip_begin(int level);

/// Compresses from `input` to `output`. `flush`: 0 for none, 1 to make everything so far readable, 2 for the end.
atalaya_step atalaya_gzip_step(atalaya_deflate *stream, const uint8_t *__counted_by(input_count) input __noescape,
                               size_t input_count, uint8_t *__counted_by(room) output __noescape, size_t room,
                               int flush);

void atalaya_gzip_end(atalaya_deflate *stream);

#endif
