// io_uring by its three system calls, for sends alone. Layout and flags: linux/io_uring.h, io_uring_setup(2).
#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/io_uring.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct linux_ring {
    int descriptor;
    unsigned entries;
    unsigned mask;
    unsigned tail;       // next entry to fill; the kernel is told at submit
    unsigned submitted;  // entries up to here were taken by the kernel
    struct io_uring_sqe *sends;
    unsigned *kernel_tail;
    unsigned completion_mask;
    unsigned *completion_head;
    unsigned *completion_tail;
    struct io_uring_cqe *completions;
    void *pages;
    size_t page_bytes;
};

static int setup(unsigned entries, struct io_uring_params *params) {
    long result = syscall(SYS_io_uring_setup, entries, params);
    return result < 0 ? -errno : (int)result;
}

struct linux_ring *linux_ring_create(unsigned entries, int *failure) {
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL,
    };
    int descriptor = setup(entries, &params);
    if (descriptor == -EINVAL) {  // before Linux 6.1
        params = (struct io_uring_params){.flags = IORING_SETUP_SUBMIT_ALL};
        descriptor = setup(entries, &params);
    }
    if (descriptor == -EINVAL) {  // before Linux 5.18
        params = (struct io_uring_params){0};
        descriptor = setup(entries, &params);
    }
    if (descriptor < 0) {
        *failure = -descriptor;
        return NULL;
    }
    if (!(params.features & IORING_FEAT_SINGLE_MMAP)) {
        close(descriptor);
        *failure = ENOSYS;
        return NULL;
    }
    struct linux_ring *ring = calloc(1, sizeof *ring);
    size_t of_sends = params.sq_off.array + params.sq_entries * sizeof(unsigned);
    size_t of_completions = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
    size_t bytes = of_sends > of_completions ? of_sends : of_completions;
    int access = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
    uint8_t *pages = mmap(NULL, bytes, access, flags, descriptor, IORING_OFF_SQ_RING);
    void *sends = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), access, flags, descriptor, IORING_OFF_SQES);
    if (!ring || pages == MAP_FAILED || sends == MAP_FAILED) {
        *failure = ENOMEM;
        if (pages != MAP_FAILED) munmap(pages, bytes);
        if (sends != MAP_FAILED) munmap(sends, params.sq_entries * sizeof(struct io_uring_sqe));
        free(ring);
        close(descriptor);
        return NULL;
    }
    ring->descriptor = descriptor;
    ring->entries = params.sq_entries;
    ring->mask = params.sq_entries - 1;
    ring->sends = sends;
    ring->kernel_tail = (unsigned *)(pages + params.sq_off.tail);
    ring->tail = ring->submitted = *ring->kernel_tail;
    ring->completion_mask = params.cq_entries - 1;
    ring->completion_head = (unsigned *)(pages + params.cq_off.head);
    ring->completion_tail = (unsigned *)(pages + params.cq_off.tail);
    ring->completions = (struct io_uring_cqe *)(pages + params.cq_off.cqes);
    ring->pages = pages;
    ring->page_bytes = bytes;
    unsigned *order = (unsigned *)(pages + params.sq_off.array);
    for (unsigned index = 0; index < params.sq_entries; index++) order[index] = index;
    return ring;
}

void linux_ring_destroy(struct linux_ring *ring) {
    if (!ring) return;
    munmap(ring->sends, ring->entries * sizeof(struct io_uring_sqe));
    munmap(ring->pages, ring->page_bytes);
    close(ring->descriptor);
    free(ring);
}

unsigned linux_ring_capacity(const struct linux_ring *ring) { return ring->entries; }

void linux_ring_add_send(struct linux_ring *ring, int descriptor, const void *bytes, uint32_t count, uint64_t token) {
    struct io_uring_sqe *send = &ring->sends[ring->tail++ & ring->mask];
    memset(send, 0, sizeof *send);
    send->opcode = IORING_OP_SEND;
    send->flags = IOSQE_CQE_SKIP_SUCCESS;
    send->fd = descriptor;
    send->addr = (uint64_t)(uintptr_t)bytes;
    send->len = count;
    // WAITALL makes a part taken a failure, and so reported; DONTWAIT makes it one at once.
    send->msg_flags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
    send->user_data = token;
}

int linux_ring_submit(struct linux_ring *ring) {
    __atomic_store_n(ring->kernel_tail, ring->tail, __ATOMIC_RELEASE);
    unsigned idle = 0;
    while (ring->submitted != ring->tail) {
        unsigned count = ring->tail - ring->submitted;
        long taken = syscall(SYS_io_uring_enter, ring->descriptor, count, 0, IORING_ENTER_GETEVENTS, NULL, 0);
        if (taken < 0 && errno == EINTR) continue;
        if (taken < 0) return -errno;
        if (taken == 0 && ++idle == 16) return -EAGAIN;
        ring->submitted += (unsigned)taken;
    }
    return 0;
}

bool linux_ring_take_back(struct linux_ring *ring, uint64_t *token) {
    if (ring->tail == ring->submitted) return false;
    ring->tail--;
    *token = ring->sends[ring->tail & ring->mask].user_data;
    __atomic_store_n(ring->kernel_tail, ring->tail, __ATOMIC_RELEASE);
    return true;
}

bool linux_ring_next_failure(struct linux_ring *ring, uint64_t *token, int *result) {
    unsigned head = *ring->completion_head;
    if (head == __atomic_load_n(ring->completion_tail, __ATOMIC_ACQUIRE)) return false;
    const struct io_uring_cqe *completion = &ring->completions[head & ring->completion_mask];
    *token = completion->user_data;
    *result = completion->res;
    __atomic_store_n(ring->completion_head, head + 1, __ATOMIC_RELEASE);
    return true;
}

static int try_send(struct linux_ring *ring, int descriptor, const void *bytes, uint32_t count, uint64_t token) {
    linux_ring_add_send(ring, descriptor, bytes, count, token);
    return -linux_ring_submit(ring);
}

static int probe_with(struct linux_ring *ring, int descriptor, const uint8_t *bytes, uint32_t count) {
    uint64_t token = 0;
    int result = 0;
    // What fits is not reported,
    int failure = try_send(ring, descriptor, bytes, 10, 1);
    if (failure) return failure;
    if (linux_ring_next_failure(ring, &token, &result)) return ENOSYS;
    // a part says how much,
    failure = try_send(ring, descriptor, bytes, count, 2);
    if (failure) return failure;
    if (!linux_ring_next_failure(ring, &token, &result) || token != 2) return ENOSYS;
    if (result <= 0 || (uint32_t)result >= count) return ENOSYS;
    // and nothing taken is EAGAIN at once.
    failure = try_send(ring, descriptor, bytes, count, 3);
    if (failure) return failure;
    if (!linux_ring_next_failure(ring, &token, &result) || token != 3 || result != -EAGAIN) return ENOSYS;
    return linux_ring_next_failure(ring, &token, &result) ? ENOSYS : 0;
}

int linux_ring_probe(void) {
    int failure = 0, first, second;
    struct linux_ring *ring = linux_ring_create(8, &failure);
    if (!ring) return failure;
    int result = linux_socket_pair(&first, &second);
    if (result < 0) {
        linux_ring_destroy(ring);
        return -result;
    }
    uint32_t count = 4 << 20;
    uint8_t *bytes = calloc(1, count);
    failure = bytes ? probe_with(ring, first, bytes, count) : ENOMEM;
    free(bytes);
    linux_ring_destroy(ring);
    close(first);
    close(second);
    return failure;
}
