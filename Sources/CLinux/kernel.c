#define _GNU_SOURCE
#include "CLinux.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int answer(int result) { return result < 0 ? -errno : result; }

static int set_flag(int descriptor, int level, int option, int value) {
    return answer(setsockopt(descriptor, level, option, &value, sizeof value));
}

uint64_t linux_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t linux_wall_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// MARK: epoll and eventfd

int linux_epoll_create(void) { return answer(epoll_create1(EPOLL_CLOEXEC)); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return answer(epoll_ctl(epoll, operation, descriptor, &event));
}

int linux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int linux_epoll_change(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int linux_epoll_remove(int epoll, int descriptor) { return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int linux_epoll_wait(int epoll, struct linux_event *events, int capacity, int milliseconds) {
    int count = epoll_wait(epoll, (struct epoll_event *)events, capacity, milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    return count;
}

int linux_eventfd_create(void) { return answer(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

void linux_eventfd_signal(int descriptor) {
    uint64_t one = 1;
    // Full means that a wake-up is already due.
    ssize_t ignored = write(descriptor, &one, sizeof one);
    (void)ignored;
}

void linux_eventfd_clear(int descriptor) {
    uint64_t count;
    ssize_t ignored = read(descriptor, &count, sizeof count);
    (void)ignored;
}

// MARK: addresses

static struct linux_address from_socket_address(const struct sockaddr_storage *storage) {
    struct linux_address address = {0};
    if (storage->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)storage;
        address.version = 4;
        address.port = ntohs(in->sin_port);
        memcpy(&address.low, &in->sin_addr, 4);
    } else if (storage->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)storage;
        address.port = ntohs(in->sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr)) {
            address.version = 4;
            memcpy(&address.low, in->sin6_addr.s6_addr + 12, 4);
        } else {
            address.version = 6;
            address.scope = in->sin6_scope_id;
            memcpy(&address.high, in->sin6_addr.s6_addr, 8);
            memcpy(&address.low, in->sin6_addr.s6_addr + 8, 8);
        }
    }
    return address;
}

static socklen_t to_socket_address(struct linux_address address, struct sockaddr_storage *storage) {
    memset(storage, 0, sizeof *storage);
    if (address.version == 6) {
        struct sockaddr_in6 *in = (void *)storage;
        in->sin6_family = AF_INET6;
        in->sin6_port = htons(address.port);
        in->sin6_scope_id = address.scope;
        memcpy(in->sin6_addr.s6_addr, &address.high, 8);
        memcpy(in->sin6_addr.s6_addr + 8, &address.low, 8);
        return sizeof *in;
    }
    struct sockaddr_in *in = (void *)storage;
    in->sin_family = AF_INET;
    in->sin_port = htons(address.port);
    memcpy(&in->sin_addr, &address.low, 4);
    return sizeof *in;
}

int linux_resolve(const char *host, struct linux_address *addresses, int capacity) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    int code = getaddrinfo(host, NULL, &hints, &found);
    if (code != 0) return code < 0 ? code : -code;
    int count = 0;
    for (struct addrinfo *one = found; one && count < capacity; one = one->ai_next) {
        if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
        struct sockaddr_storage storage = {0};
        memcpy(&storage, one->ai_addr, one->ai_addrlen);
        addresses[count++] = from_socket_address(&storage);
    }
    freeaddrinfo(found);
    return count;
}

const char *linux_error_message(int number) { return strerror(number); }

const char *linux_resolve_message(int code) { return gai_strerror(code); }

// MARK: sockets

int linux_close(int descriptor) { return answer(close(descriptor)); }

int linux_tcp_socket(uint8_t version, int not_sent_low_water) {
    int family = version == 6 ? AF_INET6 : AF_INET;
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    set_flag(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_flag(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, not_sent_low_water);
    return descriptor;
}

int linux_connect(int descriptor, struct linux_address address) {
    struct sockaddr_storage storage;
    socklen_t length = to_socket_address(address, &storage);
    return answer(connect(descriptor, (struct sockaddr *)&storage, length));
}

int linux_bind_listener(struct linux_address address, bool dual_stack, bool shared) {
    int family = address.version == 6 ? AF_INET6 : AF_INET;
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -errno;
    struct sockaddr_storage storage;
    socklen_t length = to_socket_address(address, &storage);
    int result = set_flag(descriptor, SOL_SOCKET, SO_REUSEADDR, 1);
    if (result == 0 && address.version == 6) result = set_flag(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, !dual_stack);
    if (result == 0 && shared) result = set_flag(descriptor, SOL_SOCKET, SO_REUSEPORT, 1);
    if (result == 0) result = answer(bind(descriptor, (struct sockaddr *)&storage, length));
    if (result < 0) {
        close(descriptor);
        return result;
    }
    return descriptor;
}

int linux_share_port(int descriptor) { return set_flag(descriptor, SOL_SOCKET, SO_REUSEPORT, 1); }

int linux_start_listening(int descriptor, int backlog, int not_sent_low_water) {
    set_flag(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    set_flag(descriptor, IPPROTO_TCP, TCP_NOTSENT_LOWAT, not_sent_low_water);
    return answer(listen(descriptor, backlog));
}

int linux_accept(int listener, struct linux_address *peer) {
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof storage;
    int descriptor = accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor < 0) return -errno;
    *peer = from_socket_address(&storage);
    return descriptor;
}

int linux_local_address(int descriptor, struct linux_address *address) {
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof storage;
    if (getsockname(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
    *address = from_socket_address(&storage);
    return 0;
}

int linux_peer_address(int descriptor, struct linux_address *address) {
    struct sockaddr_storage storage = {0};
    socklen_t length = sizeof storage;
    if (getpeername(descriptor, (struct sockaddr *)&storage, &length) < 0) return -errno;
    *address = from_socket_address(&storage);
    return 0;
}

int linux_socket_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return errno;
    return error;
}

int linux_end_output(int descriptor) { return answer(shutdown(descriptor, SHUT_WR)); }

void linux_reset_on_close(int descriptor) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

int linux_make_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -errno : answer(fcntl(descriptor, F_SETFL, flags | O_NONBLOCK));
}

int linux_spare_descriptor(void) { return answer(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

int linux_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return -errno;
    limit.rlim_cur = limit.rlim_max;
    return answer(setrlimit(RLIMIT_NOFILE, &limit));
}

uint64_t linux_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return 1024;
    return limit.rlim_cur;
}

int linux_tcp_facts_of(int descriptor, struct linux_tcp_facts *facts) {
    struct tcp_info info;
    memset(&info, 0, sizeof info);
    socklen_t length = sizeof info;
    if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return -errno;
    bool knows_window = length >= offsetof(struct tcp_info, tcpi_snd_wnd) + sizeof info.tcpi_snd_wnd;
    // An acknowledged SYN or FIN counts as an acknowledged byte, so this may be negative.
    int64_t in_flight = (int64_t)(info.tcpi_bytes_sent - info.tcpi_bytes_retrans - info.tcpi_bytes_acked);
    *facts = (struct linux_tcp_facts){
        .rtt_microseconds = info.tcpi_rtt,
        .rtt_variance_microseconds = info.tcpi_rttvar,
        .minimum_rtt_microseconds = info.tcpi_min_rtt,
        .retransmits = info.tcpi_total_retrans,
        .unacknowledged_segments = info.tcpi_unacked,
        .not_sent_bytes = info.tcpi_notsent_bytes,
        .segment_bytes = info.tcpi_snd_mss,
        .milliseconds_since_data_sent = info.tcpi_last_data_sent,
        .milliseconds_since_acknowledgement = info.tcpi_last_ack_recv,
        .window_bytes = knows_window ? info.tcpi_snd_wnd : 0,
        .in_flight_bytes = knows_window && in_flight > 0 ? (uint32_t)in_flight : 0,
        .timeouts_in_a_row = info.tcpi_retransmits,
        .knows_window = knows_window,
    };
    return 0;
}

// MARK: reading and writing

#if !defined(__x86_64__) && !defined(__aarch64__)
long linux_call_6(long number, long a, long b, long c, long d, long e, long f) {
    long result = syscall(number, a, b, c, d, e, f);
    return result < 0 ? -errno : result;
}
#endif

ssize_t linux_send_pieces(int descriptor, const struct iovec *pieces, size_t count) {
    struct msghdr message = {.msg_iov = (struct iovec *)pieces, .msg_iovlen = count};
    ssize_t result = sendmsg(descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return result < 0 ? -errno : result;
}

// MARK: memory

void *linux_reserve_pages(size_t bytes) {
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void linux_release_pages(void *pages, size_t bytes) { munmap(pages, bytes); }

// MARK: threads

int linux_usable_cores(void) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return (int)sysconf(_SC_NPROCESSORS_ONLN);
    return CPU_COUNT(&cores);
}

struct start {
    void (*body)(void *);
    void *context;
    char name[16];
};

static void *run(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), start.name);
    // A thread has the nice value of the one that made it; a thread of a task pool has one of its own.
    setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, (id_t)getpid()));
    start.body(start.context);
    return NULL;
}

static int start_thread(void (*body)(void *), void *context, const char *name, pthread_t *thread) {
    struct start *start = calloc(1, sizeof *start);
    if (!start) return -ENOMEM;
    start->body = body;
    start->context = context;
    strncpy(start->name, name, sizeof start->name - 1);
    int failure = pthread_create(thread, NULL, run, start);
    if (failure != 0) free(start);
    return -failure;
}

int linux_thread_start(void (*body)(void *), void *context, const char *name, uint64_t *thread) {
    pthread_t started;
    int result = start_thread(body, context, name, &started);
    if (result == 0) *thread = (uint64_t)started;
    return result;
}

int linux_thread_start_detached(void (*body)(void *), void *context, const char *name) {
    pthread_t started;
    int result = start_thread(body, context, name, &started);
    if (result == 0) pthread_detach(started);
    return result;
}

static void *wait_for_gate(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

int linux_try_threads(int count) {
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[count > 0 ? count : 1];
    int made = 0, failure = 0;
    pthread_mutex_lock(&gate);
    while (made < count && failure == 0) {
        failure = pthread_create(&threads[made], NULL, wait_for_gate, &gate);
        if (failure == 0) made++;
    }
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&gate);
    return -failure;
}

void linux_thread_join(uint64_t thread) { pthread_join((pthread_t)thread, NULL); }

uint64_t linux_thread_self(void) { return (uint64_t)pthread_self(); }

static _Thread_local void *thread_value;

void *linux_thread_value(void) { return thread_value; }

void linux_thread_set_value(void *value) { thread_value = value; }
