#include "CHiredis.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

struct atalaya_redis_reader {
    redisReader *hiredis;
    redisReply *held;
    redisReplyObjectFunctions functions;
    void *(*make_array)(const redisReadTask *, int);
};

// hiredis allocates what an array's head announces, whatever follows: so a head may announce only so much.
static void *make_bounded_array(const redisReadTask *task, int elements) {
    atalaya_redis_reader *reader = task->privdata;
    if (elements < 0 || elements > ATALAYA_REDIS_ELEMENTS) return NULL;
    return reader->make_array(task, elements);
}

atalaya_redis_reader *atalaya_redis_reader_make(void) {
    atalaya_redis_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) return NULL;
    reader->hiredis = redisReaderCreate();
    if (reader->hiredis == NULL) {
        free(reader);
        return NULL;
    }
    reader->functions = *reader->hiredis->fn;
    reader->make_array = reader->functions.createArray;
    reader->functions.createArray = make_bounded_array;
    reader->hiredis->fn = &reader->functions;
    reader->hiredis->privdata = reader;
    return reader;
}

void atalaya_redis_reader_free(atalaya_redis_reader *reader) {
    if (reader->held != NULL) freeReplyObject(reader->held);
    redisReaderFree(reader->hiredis);
    free(reader);
}

int atalaya_redis_reader_feed(atalaya_redis_reader *reader, const uint8_t *bytes, size_t count) {
    return redisReaderFeed(reader->hiredis, (const char *)bytes, count) == REDIS_OK;
}

int atalaya_redis_reader_next(atalaya_redis_reader *reader) {
    if (reader->held != NULL) freeReplyObject(reader->held);
    reader->held = NULL;
    void *reply = NULL;
    if (redisReaderGetReply(reader->hiredis, &reply) != REDIS_OK) return -1;
    reader->held = reply;
    return reply != NULL;
}

size_t atalaya_redis_reader_waiting(const atalaya_redis_reader *reader) {
    return reader->hiredis->len - reader->hiredis->pos;
}

static const redisReply *item(const atalaya_redis_reader *reader, int index) {
    const redisReply *held = reader->held;
    if (held == NULL || index < 0) return held;
    if (held->type != REDIS_REPLY_ARRAY || (size_t)index >= held->elements) return NULL;
    return held->element[index];
}

static int has_text(const redisReply *reply) {
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR;
}

atalaya_redis_item atalaya_redis_item_at(const atalaya_redis_reader *reader, int index) {
    atalaya_redis_item found = {0, 0, 0};
    const redisReply *reply = item(reader, index);
    if (reply == NULL) return found;
    switch (reply->type) {
    case REDIS_REPLY_STATUS: found.kind = '+'; break;
    case REDIS_REPLY_ERROR: found.kind = '-'; break;
    case REDIS_REPLY_STRING: found.kind = '$'; break;
    case REDIS_REPLY_INTEGER: found.kind = ':'; break;
    case REDIS_REPLY_ARRAY: found.kind = '*'; break;
    default: found.kind = '_'; break;
    }
    if (has_text(reply)) found.count = reply->len;
    if (found.kind == ':') found.integer = reply->integer;
    if (found.kind == '*') found.count = reply->elements;
    return found;
}

size_t atalaya_redis_text(const atalaya_redis_reader *reader, int index, uint8_t *text, size_t room) {
    const redisReply *reply = item(reader, index);
    if (reply == NULL || !has_text(reply)) return 0;
    size_t count = reply->len < room ? reply->len : room;
    if (count > 0) memcpy(text, reply->str, count);
    return count;
}

uint8_t *atalaya_redis_format(const uint8_t *joined, size_t joined_count, const size_t *lengths, size_t arguments,
                              size_t *written) {
    const char **starts = malloc((arguments > 0 ? arguments : 1) * sizeof *starts);
    if (starts == NULL) return NULL;
    size_t offset = 0;
    for (size_t each = 0; each < arguments; each++) {
        starts[each] = (const char *)joined + offset;
        offset += lengths[each];
    }
    char *command = NULL;
    int count = offset <= joined_count ? redisFormatCommandArgv(&command, (int)arguments, starts, lengths) : -1;
    free(starts);
    if (count < 0) return NULL;
    *written = (size_t)count;
    return (uint8_t *)command;
}

void atalaya_redis_free_command(uint8_t *command) { redisFreeCommand((char *)command); }
