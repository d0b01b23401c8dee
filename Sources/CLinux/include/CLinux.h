// The kernel as the reactor sees it: small wrappers, one system call each.
//
// Every call that can fail returns a negative errno, so that nobody has to read `errno` afterwards. Addresses and
// message headers are built here, so that Swift sees plain numbers and spans of bytes.
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

// MARK: time

/// CLOCK_MONOTONIC in nanoseconds.
uint64_t linux_now(void);

/// Nanoseconds since 1970, of CLOCK_REALTIME.
uint64_t linux_wall_now(void);

// MARK: epoll and eventfd

/// `struct epoll_event` with its token as one number; packed where the kernel packs it.
struct
#if defined(__x86_64__)
    __attribute__((packed))
#endif
    __attribute__((swift_attr("safe"))) linux_event {
    uint32_t events;
    uint64_t token;
};
_Static_assert(sizeof(struct linux_event) == sizeof(struct epoll_event), "the kernel writes these");

enum {
    LINUX_EVENT_READABLE = EPOLLIN,
    LINUX_EVENT_WRITABLE = EPOLLOUT,
    LINUX_EVENT_PEER_CLOSED = EPOLLRDHUP,
    LINUX_EVENT_HANGUP = EPOLLHUP,
    LINUX_EVENT_FAULT = EPOLLERR,
};

int linux_epoll_create(void);
int linux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int linux_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t token);
int linux_epoll_remove(int epoll, int descriptor);
/// Returns how many events were written to `events`; 0 if the time is up or a signal came.
int linux_epoll_wait(int epoll, struct linux_event *events, int capacity, int milliseconds);

int linux_eventfd_create(void);
void linux_eventfd_signal(int descriptor);
void linux_eventfd_clear(int descriptor);

// MARK: addresses

/// An IPv4 or IPv6 address and port; `version` is 4 or 6, or 0 if there is none (a socket pair).
struct __attribute__((swift_attr("safe"))) linux_address {
    uint64_t high;   // bytes 0...7 of an IPv6 address, in order
    uint64_t low;    // bytes 8...15, or bytes 0...3 of an IPv4 address
    uint32_t scope;
    uint16_t port;
    uint8_t version;
};

/// Asks the system's resolver and blocks; returns how many addresses were written, or a negative EAI code.
int linux_resolve(const char *host, struct linux_address *addresses, int capacity);
const char *linux_resolve_message(int code);
/// The system's words for an errno.
const char *linux_error_message(int number);

// MARK: sockets

int linux_close(int descriptor);
/// A non-blocking TCP socket for one outgoing connection, TCP_NODELAY set.
int linux_tcp_socket(uint8_t version, int not_sent_low_water);
int linux_connect(int descriptor, struct linux_address address);
/// Binds a listening socket; its connections inherit the options set here. With `shared`, others may join the port.
int linux_bind_listener(struct linux_address address, bool dual_stack, bool shared);
/// Lets others join the port of a socket that was bound exclusively.
int linux_share_port(int descriptor);
int linux_start_listening(int descriptor, int backlog, int not_sent_low_water);
/// The next waiting connection, non-blocking.
int linux_accept(int listener, struct linux_address *peer);
int linux_local_address(int descriptor, struct linux_address *address);
int linux_peer_address(int descriptor, struct linux_address *address);
/// The pending error of a socket as a positive errno, 0 if there is none.
int linux_socket_error(int descriptor);
int linux_end_output(int descriptor);
/// Makes the next close send a reset and free the kernel's queue.
void linux_reset_on_close(int descriptor);
int linux_make_nonblocking(int descriptor);
/// A descriptor without a purpose, to be given up when the table is full.
int linux_spare_descriptor(void);
/// Raises the soft limit of open descriptors to the hard one.
int linux_raise_descriptor_limit(void);
/// The soft limit of open descriptors.
uint64_t linux_descriptor_limit(void);

struct __attribute__((swift_attr("safe"))) linux_tcp_facts {
    uint32_t rtt_microseconds;
    uint32_t rtt_variance_microseconds;
    uint32_t minimum_rtt_microseconds;
    uint32_t retransmits;
    uint32_t unacknowledged_segments;
    uint32_t not_sent_bytes;
    uint32_t segment_bytes;
    uint32_t milliseconds_since_data_sent;
    uint32_t milliseconds_since_acknowledgement;
    uint32_t window_bytes;     // 0 where the kernel does not say
    uint32_t in_flight_bytes;  // the same
    uint8_t timeouts_in_a_row;
    bool knows_window;         // since Linux 5.4
};
int linux_tcp_facts_of(int descriptor, struct linux_tcp_facts *facts);

// MARK: reading and writing

// Both without errno and without the cancellation point that the C library wraps around them.
#if defined(__x86_64__)
static inline long linux_call_6(long number, long a, long b, long c, long d, long e, long f) {
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return number;
}
#elif defined(__aarch64__)
static inline long linux_call_6(long number, long a, long b, long c, long d, long e, long f) {
    register long call __asm__("x8") = number;
    register long result __asm__("x0") = a;
    register long second __asm__("x1") = b;
    register long third __asm__("x2") = c;
    register long fourth __asm__("x3") = d;
    register long fifth __asm__("x4") = e;
    register long sixth __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(result)
                     : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "memory");
    return result;
}
#else
long linux_call_6(long number, long a, long b, long c, long d, long e, long f);
#endif

static inline ssize_t linux_receive(int descriptor, void *bytes, size_t count) {
    return linux_call_6(SYS_recvfrom, descriptor, (long)bytes, (long)count, MSG_DONTWAIT, 0, 0);
}

static inline ssize_t linux_send(int descriptor, const void *bytes, size_t count) {
    return linux_call_6(SYS_sendto, descriptor, (long)bytes, (long)count, MSG_NOSIGNAL | MSG_DONTWAIT, 0, 0);
}

ssize_t linux_send_pieces(int descriptor, const struct iovec *pieces, size_t count);

// MARK: memory

/// Zeroed pages that take up memory only once they are touched, or NULL.
void *linux_reserve_pages(size_t bytes);
void linux_release_pages(void *pages, size_t bytes);

// MARK: threads

/// How many cores this process may run on.
int linux_usable_cores(void);

/// Starts a joinable thread; 0 or a negative errno. The name is cut after 15 bytes.
int linux_thread_start(void (*body)(void *context), void *context, const char *name, uint64_t *thread);
/// The same, but detached: nobody waits for it.
int linux_thread_start_detached(void (*body)(void *context), void *context, const char *name);
/// Whether `count` more threads can be had at the same time, by making them and ending them again; at most 256.
int linux_try_threads(int count);
void linux_thread_join(uint64_t thread);
uint64_t linux_thread_self(void);
/// The value that this thread was last given to keep; NULL at first.
void *linux_thread_value(void);
void linux_thread_set_value(void *value);
