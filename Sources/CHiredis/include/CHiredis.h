// The part of hiredis that Atalaya uses: its codec, never its sockets.
#ifndef ATALAYA_CHIREDIS_H
#define ATALAYA_CHIREDIS_H

#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// A reply reader and the reply it currently holds.
typedef struct atalaya_redis_reader atalaya_redis_reader;

/// One element of the held reply.
typedef struct {
    /// As in RESP: '+' status, '-' error, ':' integer, '$' bulk, '_' nil, '*' array; 0 if there is nothing.
    uint8_t kind;
    int64_t integer;
    /// The length of a text in bytes, or of an array in elements.
    size_t count;
} __attribute__((swift_attr("safe"))) atalaya_redis_item;

/// The largest number of elements in an array; a longer one means that the stream is broken.
#define ATALAYA_REDIS_ELEMENTS 64

atalaya_redis_reader *atalaya_redis_reader_make(void);
void atalaya_redis_reader_free(atalaya_redis_reader *reader);

/// Takes bytes as they arrived; 1 if they were taken.
int atalaya_redis_reader_feed(atalaya_redis_reader *reader, const uint8_t *__counted_by(count) bytes __noescape,
                              size_t count);

/// 1: a whole reply is held now, the previous one is gone; 0: more bytes are needed; -1: the stream is broken for good.
int atalaya_redis_reader_next(atalaya_redis_reader *reader);

/// Bytes taken that are not part of a reply yet.
size_t atalaya_redis_reader_waiting(const atalaya_redis_reader *reader);

/// The held reply itself for `index` -1, otherwise one of its elements.
atalaya_redis_item atalaya_redis_item_at(const atalaya_redis_reader *reader, int index);

/// Copies the text at `index`, at most `room` bytes; returns how many were copied.
size_t atalaya_redis_text(const atalaya_redis_reader *reader, int index, uint8_t *__counted_by(room) text __noescape,
                          size_t room);

/// Formats one command with `arguments` parts, which follow each other in `joined`. NULL if there is no memory.
uint8_t *atalaya_redis_format(const uint8_t *__counted_by(joined_count) joined __noescape, size_t joined_count,
                              const size_t *__counted_by(arguments) lengths __noescape, size_t arguments,
                              size_t *written);
void atalaya_redis_free_command(uint8_t *command);

#endif
