// The part of hiredis that Atalaya uses: its codec, never its sockets.
#ifndef ATALAYA_CHIREDIS_H
#define ATALAYA_CHIREDIS_H

#include <lifetimebound.h>
#include <ptrcheck.h>
#include <stddef.h>
#include <stdint.h>

/// A reply reader and the reply it holds now.
typedef struct atalaya_redis_reader atalaya_redis_reader;

/// What stands at one place of the held reply.
typedef struct {
    /// As in RESP: '+' status, '-' error, ':' integer, '$' bulk, '_' nil, '*' array; 0 where nothing stands.
    uint8_t kind;
    int64_t integer;
    /// Bytes of a text, elements of an array.
    size_t count;
} __attribute__((swift_attr("safe"))) atalaya_redis_item;

/// The most elements an array may have; a longer one is a broken stream.
#define ATALAYA_REDIS_ELEMENTS 64

atalaya_redis_reader *atalaya_redis_reader_make(void);
void atalaya_redis_reader_free(atalaya_redis_reader *reader);

/// Takes bytes as they came; 1 when they were taken.
int atalaya_redis_reader_feed(atalaya_redis_reader *reader, const uint8_t *__counted_by(count) bytes __noescape,
                              size_t count);

/// 1: a whole reply is held now, the one before is gone; 0: more bytes are needed; -1: the stream is broken for good.
int atalaya_redis_reader_next(atalaya_redis_reader *reader);

/// Bytes taken and not yet part of a reply that was held.
size_t atalaya_redis_reader_waiting(const atalaya_redis_reader *reader);

/// The held reply itself for `index` -1, else an element of it.
atalaya_redis_item atalaya_redis_item_at(const atalaya_redis_reader *reader, int index);

/// Copies the text at `index`, at most `room` bytes; returns how many.
size_t atalaya_redis_text(const atalaya_redis_reader *reader, int index, uint8_t *__counted_by(room) text __noescape,
                          size_t room);

/// Formats one command of `arguments` parts, which stand in `joined` one after the other. NULL without memory.
uint8_t *atalaya_redis_format(const uint8_t *__counted_by(joined_count) joined __noescape, size_t joined_count,
                              const size_t *__counted_by(arguments) lengths __noescape, size_t arguments,
                              size_t *written);
void atalaya_redis_free_command(uint8_t *command);

#endif
