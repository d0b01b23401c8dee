#include "CZlib.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct atalaya_deflate {
    z_stream zlib;
};

atalaya_deflate *atalaya_gzip_begin(int level) {
    atalaya_deflate *stream = calloc(1, sizeof *stream);
    if (stream == NULL) return NULL;
    // 15 bits of window, and 16 for gzip's head and tail instead of zlib's.
    if (deflateInit2(&stream->zlib, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(stream);
        return NULL;
    }
    return stream;
}

atalaya_step atalaya_gzip_step(atalaya_deflate *stream, const uint8_t *input, size_t input_count, uint8_t *output,
                               size_t room, int flush) {
    size_t most = UINT_MAX;
    stream->zlib.next_in = (Bytef *)input;
    stream->zlib.avail_in = (uInt)(input_count < most ? input_count : most);
    stream->zlib.next_out = output;
    stream->zlib.avail_out = (uInt)(room < most ? room : most);
    size_t offered = stream->zlib.avail_in;
    size_t free_before = stream->zlib.avail_out;
    // What does not fit one call is not its end yet.
    int mode = offered < input_count || flush == 0 ? Z_NO_FLUSH : flush == 1 ? Z_SYNC_FLUSH : Z_FINISH;
    int result = deflate(&stream->zlib, mode);
    atalaya_step step = {offered - stream->zlib.avail_in, free_before - stream->zlib.avail_out, 0};
    // Z_BUF_ERROR says only that there was nothing to do.
    step.outcome = result == Z_STREAM_END ? 2 : result == Z_OK || result == Z_BUF_ERROR ? 1 : 0;
    stream->zlib.next_in = NULL;
    stream->zlib.next_out = NULL;
    return step;
}

void atalaya_gzip_end(atalaya_deflate *stream) {
    deflateEnd(&stream->zlib);
    free(stream);
}
