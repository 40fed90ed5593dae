/* What the three load programs share: options, clocks, limits, latencies. Linux only. */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

__attribute__((noreturn, format(printf, 1, 2))) static inline void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(2);
}

/* ---- options: `--name value`, each into the variable it belongs to ---- */

struct option_of {
    const char *name;
    const char **value;
};

static inline void read_options(int argc, char **argv, const struct option_of *known) {
    for (int i = 1; i < argc; i += 2) {
        const struct option_of *o = known;
        while (o->name && strcmp(o->name, argv[i]) != 0) o++;
        if (!o->name) die("%s: unknown option %s", argv[0], argv[i]);
        if (i + 1 == argc) die("%s: %s needs a value", argv[0], argv[i]);
        *o->value = argv[i + 1];
    }
    for (const struct option_of *o = known; o->name; o++)
        if (!*o->value) die("%s: %s is missing", argv[0], o->name);
}

static inline double number(const char *text, double least, double most) {
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !(value >= least && value <= most))
        die("%s: not a number from %g to %g", text, least, most);
    return value;
}

static inline void *grown(void *memory, size_t size) {
    memory = realloc(memory, size);
    if (!memory) die("out of memory");
    return memory;
}

/* The whole file, with a NUL behind it. */
static inline char *file_text(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) die("%s: %s", path, strerror(errno));
    char *text = NULL;
    size_t used = 0, got;
    do {
        text = grown(text, used + 65537);
        got = fread(text + used, 1, 65536, file);
        used += got;
    } while (got);
    fclose(file);
    text[used] = '\0';
    *length = used;
    return text;
}

/* A token: the file's text without the white space at its end. */
static inline char *token_text(const char *path) {
    size_t length;
    char *text = file_text(path, &length);
    while (length && strchr(" \t\r\n", text[length - 1])) text[--length] = '\0';
    return text;
}

/* ---- clocks ---- */

static inline int64_t clock_us(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline double seconds_now(void) { return (double)clock_us(CLOCK_MONOTONIC) / 1e6; }

static inline double cpu_seconds(void) { return (double)clock_us(CLOCK_PROCESS_CPUTIME_ID) / 1e6; }

/* ---- RFC 3339 in UTC with microseconds: "2026-11-22T10:15:30.123456Z" ---- */

enum { STAMP = 27 };

static inline void stamp_write(char *text, int64_t us) {
    char part[STAMP + 1];
    time_t seconds = (time_t)(us / 1000000);
    struct tm t;
    gmtime_r(&seconds, &t);
    strftime(part, sizeof part, "%Y-%m-%dT%H:%M:%S.", &t);
    memcpy(text, part, 20);
    snprintf(part, sizeof part, "%06dZ", (int)(us % 1000000));
    memcpy(text + 20, part, 7);
}

static inline int64_t digits(const char *text, int count) {
    int64_t value = 0;
    while (count--) value = value * 10 + *text++ - '0';
    return value;
}

/* Microseconds since 1970, or -1 when this is no such text. */
static inline int64_t stamp_read(const char *text) {
    static const char form[] = "0000-00-00T00:00:00.000000Z";
    static char day[10]; /* the day of the last text, and its midnight */
    static int64_t midnight;
    for (int i = 0; i < STAMP; i++)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i]) return -1;
    if (memcmp(day, text, sizeof day) != 0) {
        struct tm t = {.tm_year = (int)digits(text, 4) - 1900,
                       .tm_mon = (int)digits(text + 5, 2) - 1,
                       .tm_mday = (int)digits(text + 8, 2)};
        midnight = (int64_t)timegm(&t) * 1000000;
        memcpy(day, text, sizeof day);
    }
    int64_t minutes = digits(text + 11, 2) * 60 + digits(text + 14, 2);
    return midnight + (minutes * 60 + digits(text + 17, 2)) * 1000000 + digits(text + 20, 6);
}

/* ---- sockets ---- */

static inline void raise_file_limit(size_t needed) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < needed)
        die("%zu open files are needed and the hard limit is %llu (ulimit -Hn)", needed,
            (unsigned long long)limit.rlim_max);
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) die("RLIMIT_NOFILE: %s", strerror(errno));
}

static inline struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* A socket on its way to 127.0.0.1:port; it becomes writable when connected. */
static inline int connect_to(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) die("socket: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct sockaddr_in address = loopback(port);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0 && errno != EINPROGRESS)
        die("connect to 127.0.0.1:%d: %s", port, strerror(errno));
    return fd;
}

static inline void watch(int epoll, int operation, int fd, uint32_t events, void *whose) {
    struct epoll_event event = {.events = events, .data.ptr = whose};
    if (epoll_ctl(epoll, operation, fd, &event) != 0) die("epoll_ctl: %s", strerror(errno));
}

/* ---- latencies in microseconds, in buckets less than 1 % wide ---- */

enum { FINE_BITS = 7, FINE = 1 << FINE_BITS, BUCKETS = FINE * (64 - FINE_BITS) };

struct histogram {
    uint64_t count, bucket[BUCKETS];
    int64_t max;
};

static inline void histogram_add(struct histogram *h, int64_t us) {
    if (us < 0) us = 0;
    if (us > h->max) h->max = us;
    h->count++;
    if (us < FINE) {
        h->bucket[us]++;
        return;
    }
    int above = 63 - __builtin_clzll((unsigned long long)us) - FINE_BITS;
    h->bucket[FINE * (above + 1) + ((us >> above) & (FINE - 1))]++;
}

/* The middle of the bucket in which the quantile lies, in milliseconds. */
static inline double histogram_ms(const struct histogram *h, double quantile) {
    uint64_t wanted = (uint64_t)(quantile * (double)h->count), seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen <= wanted) continue;
        if (i < FINE) return i / 1e3;
        int above = i / FINE - 1;
        double low = (double)((int64_t)(FINE + i % FINE) << above);
        return (low + (double)((int64_t)1 << above) / 2) / 1e3;
    }
    return (double)h->max / 1e3;
}

static inline void histogram_print(const char *name, const struct histogram *h) {
    if (!h->count)
        printf("\"%s\":null", name);
    else
        printf("\"%s\":{\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f,\"max\":%.3f}",
               name, histogram_ms(h, 0.5), histogram_ms(h, 0.9), histogram_ms(h, 0.99),
               (double)h->max / 1e3);
}

#endif
