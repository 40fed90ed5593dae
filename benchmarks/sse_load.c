/* Opens many event streams on 127.0.0.1, reads them, and says what came: how much, how late, and
 * whether anything was missing or came twice. One thread, one epoll, one JSON object at the end.
 *
 *   sse_load --port P --heads F --streams N --seconds S
 *            [--accept-rate R]     open at most R streams a second
 *            [--event NAME]        which events count; consent-updated
 *            [--stamp KEY]         which member of an event's JSON says when it began; timestamp
 *            [--number id|n|none]  what grows by one: the id, the member "n", or nothing that can be checked
 *            [--frames N]          end once so many have come, by all streams together
 *
 * F holds requests without a body, each with an empty line behind it; the streams take turns with them. Prints
 * "ready <seconds>" when every stream has had its first bytes. Ends after S seconds, when
 * stdin is closed or says "stop", when all streams have ended, or, told "drain", after two
 * seconds without a frame. Status 1 when a stream could not be opened.
 */
#include "common.h"

enum { WAITING_AT_ONCE = 100, EVENTS_AT_ONCE = 1 << 16, LINE_MOST = 1 << 20, READ_SIZE = 1 << 18 };

enum state { CONNECTING, HEAD, CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END, PLAIN, ENDED };

struct stream {
    int fd;
    enum state state;
    bool head_seen, chunked, has_bytes;
    uint64_t chunk_left;
    char *carry; /* the beginning of a line whose end has not come yet */
    size_t carried, carry_size;
    bool is_frame, has_number, has_position; /* of the block under way; of the stream */
    uint64_t number, position;
    int64_t stamp;
};

static struct {
    size_t opened, connected, with_bytes, ended, refused;
    uint64_t frames, bytes, gaps, repeats, resets, goodbyes, unstamped;
    double first_frame, last_frame;
    struct histogram latency, last; /* of every delivery; of each event's last one */
} total;

static struct {
    uint64_t number;
    size_t delivered;
} under_way[EVENTS_AT_ONCE];

static struct {
    const char *event, *stamp, *number;
    size_t streams;
    uint64_t frames;
} wanted;

static double now;   /* when the bytes being parsed were read, */
static int64_t wall; /* by the clock on the wall too */
static int epoll;

static bool starts(const char *line, size_t length, const char *with) {
    size_t n = strlen(with);
    return length >= n && memcmp(line, with, n) == 0;
}

/* What stands behind the member's name, or NULL. `key` is written as in JSON: "name": */
static const char *member(const char *line, size_t length, const char *key, const char *end) {
    size_t n = strlen(key);
    const char *at = memmem(line, length, key, n);
    if (!at) return NULL;
    for (at += n; at < end && *at == ' ';) at++;
    return at;
}

static int64_t find_stamp(const char *line, size_t length) {
    const char *end = line + length, *at = member(line, length, wanted.stamp, end);
    return at && end - at >= STAMP + 2 && *at == '"' ? stamp_read(at + 1) : -1;
}

static void take_number(struct stream *s, const char *at, const char *end) {
    s->has_number = at && at < end && *at >= '0' && *at <= '9';
    for (s->number = 0; s->has_number && at < end && *at >= '0' && *at <= '9'; at++)
        s->number = s->number * 10 + (uint64_t)(*at - '0');
}

static void check_number(struct stream *s) {
    if (!s->has_number || (s->has_position && s->number > s->position + 1)) total.gaps++;
    if (s->has_number && s->has_position && s->number <= s->position) total.repeats++;
    size_t place = s->number % EVENTS_AT_ONCE;
    if (under_way[place].number != s->number) under_way[place].delivered = 0;
    under_way[place].number = s->number;
    if (++under_way[place].delivered == wanted.streams && s->stamp >= 0)
        histogram_add(&total.last, wall - s->stamp);
}

static void block_ends(struct stream *s) {
    if (s->is_frame) {
        if (!total.frames++) total.first_frame = now;
        total.last_frame = now;
        if (wanted.number) check_number(s);
        if (s->stamp < 0) total.unstamped++;
        else histogram_add(&total.latency, wall - s->stamp);
    }
    if (s->has_number) { /* an id-only block and a heartbeat say where the stream stands, too */
        s->position = s->number;
        s->has_position = true;
    }
    s->is_frame = s->has_number = false;
    s->stamp = -1;
}

static bool names_event(const char *line, size_t length) {
    const char *at = line + 6, *end = line + length;
    while (at < end && *at == ' ') at++;
    return (size_t)(end - at) == strlen(wanted.event) && starts(at, (size_t)(end - at), wanted.event);
}

static void event_line(struct stream *s, const char *line, size_t length) {
    const char *end = line + length;
    if (!length) {
        block_ends(s);
    } else if (starts(line, length, "data:")) {
        s->stamp = find_stamp(line, length);
        if (wanted.number && *wanted.number)
            take_number(s, member(line, length, wanted.number, end), end);
    } else if (starts(line, length, "id:")) {
        const char *at = line + 3;
        while (at < end && *at == ' ') at++;
        if (wanted.number && !*wanted.number) take_number(s, at, end);
    } else if (starts(line, length, "event:")) {
        s->is_frame = names_event(line, length);
        total.resets += starts(line, length, "event: reset");
        total.goodbyes += starts(line, length, "event: goodbye");
    }
}

static void head_line(struct stream *s, const char *line, size_t length) {
    if (!s->head_seen) {
        s->head_seen = true;
        if (!starts(line, length, "HTTP/1.1 200")) {
            if (!total.refused++) fprintf(stderr, "refused: %.*s\n", (int)length, line);
            s->state = ENDED;
        }
    } else if (!length) {
        total.connected++;
        s->state = s->chunked ? CHUNK_SIZE : PLAIN;
        s->chunk_left = 0;
    } else if (length >= 25 && !strncasecmp(line, "transfer-encoding:", 18) &&
               !strncasecmp(line + length - 7, "chunked", 7)) {
        s->chunked = true;
    }
}

/* Gives the next whole line to the head or the body; false when its end has not come yet. */
static bool take_line(struct stream *s, const char **at, const char *end) {
    const char *line = *at, *newline = memchr(line, '\n', (size_t)(end - line));
    size_t length = (size_t)((newline ? newline : end) - line);
    *at = newline ? newline + 1 : end;
    if (!newline || s->carried) {
        if (s->carried + length > LINE_MOST) die("a line of more than %d bytes", LINE_MOST);
        if (s->carried + length > s->carry_size)
            s->carry = grown(s->carry, s->carry_size = 2 * (s->carried + length));
        if (length) memcpy(s->carry + s->carried, line, length);
        s->carried += length;
        if (!newline) return false;
        line = s->carry;
        length = s->carried;
        s->carried = 0;
    }
    if (length && line[length - 1] == '\r') length--;
    if (s->state == HEAD) head_line(s, line, length);
    else event_line(s, line, length);
    return true;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes the bytes of one read, wherever they begin and end. */
static void parse(struct stream *s, const char *at, const char *end) {
    while (s->state == HEAD && at < end) take_line(s, &at, end);
    if (at < end && s->state != HEAD && s->state != ENDED && !s->has_bytes) {
        s->has_bytes = true;
        total.with_bytes++;
    }
    while (at < end) {
        if (s->state == PLAIN) {
            take_line(s, &at, end);
        } else if (s->state == CHUNK_DATA) {
            const char *stop = s->chunk_left < (uint64_t)(end - at) ? at + s->chunk_left : end;
            s->chunk_left -= (uint64_t)(stop - at);
            while (at < stop) take_line(s, &at, stop);
            if (!s->chunk_left) s->state = CHUNK_END;
        } else if (s->state == CHUNK_SIZE && hex(*at) >= 0) {
            s->chunk_left = s->chunk_left * 16 + (uint64_t)hex(*at++);
        } else if (s->state == CHUNK_SIZE || s->state == CHUNK_EXTENSION) {
            s->state = CHUNK_EXTENSION;
            if (*at++ == '\n') s->state = s->chunk_left ? CHUNK_DATA : ENDED;
        } else if (s->state == CHUNK_END) {
            if (*at++ == '\n') s->state = CHUNK_SIZE;
        } else {
            return; /* whatever comes behind the end */
        }
    }
}

struct request {
    char *bytes;
    size_t length;
};

/* The heads of a file: lines end with CRLF on the wire, and each head with an empty one. */
static struct request *read_heads(const char *file, size_t *count) {
    size_t length;
    char *text = file_text(file, &length), *line;
    struct request *heads = NULL, head = {0};
    for (*count = 0; (line = strsep(&text, "\n"));) {
        size_t n = strlen(line);
        if (!n && !head.length) continue;
        head.bytes = grown(head.bytes, head.length + n + 3);
        head.length += (size_t)sprintf(head.bytes + head.length, "%s\r\n", line);
        if (n) continue;
        heads = grown(heads, (*count + 1) * sizeof *heads);
        heads[(*count)++] = head;
        head = (struct request){0};
    }
    if (!*count || head.length) die("%s: heads of requests, each with an empty line behind it", file);
    return heads;
}

static void serve(struct stream *s, uint32_t events, const struct request *request) {
    static char buffer[READ_SIZE];
    if (s->state == CONNECTING && (events & EPOLLOUT) && !(events & EPOLLERR)) {
        if (send(s->fd, request->bytes, request->length, MSG_NOSIGNAL) != (ssize_t)request->length)
            die("could not send the request");
        s->state = HEAD;
        watch(epoll, EPOLL_CTL_MOD, s->fd, EPOLLIN, s);
        return;
    }
    ssize_t got = recv(s->fd, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    now = seconds_now();
    wall = clock_us(CLOCK_REALTIME);
    if (got > 0) {
        total.bytes += (uint64_t)got;
        parse(s, buffer, buffer + got);
    } else {
        if (s->state == CONNECTING || s->state == HEAD) total.refused++;
        s->state = ENDED;
    }
    if (s->state != ENDED) return;
    total.ended++;
    close(s->fd);
}

static const char *as_key(const char *name) {
    char *key;
    if (asprintf(&key, "\"%s\":", name) < 0) die("out of memory");
    return key;
}

/* NULL: nothing is checked; empty: the id. */
static const char *number_key(const char *text) {
    if (strcmp(text, "none") == 0) return NULL;
    return strcmp(text, "id") == 0 ? "" : as_key(text);
}

int main(int argc, char **argv) {
    const char *port_text = NULL, *heads_file = NULL, *streams_text = NULL, *seconds_text = NULL;
    const char *rate_text = "1000000", *event = "consent-updated", *stamp = "timestamp";
    const char *number_text = "id", *frames_text = "1e18";
    read_options(argc, argv, (struct option_of[]){
        {"--port", &port_text}, {"--heads", &heads_file}, {"--streams", &streams_text},
        {"--seconds", &seconds_text}, {"--accept-rate", &rate_text}, {"--event", &event},
        {"--stamp", &stamp}, {"--number", &number_text}, {"--frames", &frames_text}, {0}});
    int port = (int)number(port_text, 1, 65535);
    size_t count = (size_t)number(streams_text, 1, 1e6), head_count;
    double rate = number(rate_text, 0.1, 1e6), begin = seconds_now();
    double until = begin + number(seconds_text, 0.1, 86400), drained_since = 0;
    wanted.event = event;
    wanted.stamp = as_key(stamp);
    wanted.number = number_key(number_text);
    wanted.streams = count;
    wanted.frames = (uint64_t)number(frames_text, 1, 1e18);
    raise_file_limit(count + 16);
    struct request *heads = read_heads(heads_file, &head_count);
    struct stream *streams = grown(NULL, count * sizeof *streams);
    memset(streams, 0, count * sizeof *streams);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[256] = {{.events = EPOLLIN}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, events); /* fails for a plain file: no matter */

    bool ready = false, stop = false;
    while (!stop && total.ended < count && total.frames < wanted.frames &&
           !(total.refused && !ready)) {
        double t = seconds_now();
        bool drained = drained_since && t - drained_since > 2 && t - total.last_frame > 2;
        if (t >= until || drained) break;
        size_t may = 1 + (size_t)((t - begin) * rate);
        while (total.opened < count && total.opened < may &&
               total.opened - total.with_bytes < WAITING_AT_ONCE) {
            struct stream *s = &streams[total.opened++];
            s->stamp = -1;
            s->fd = connect_to(port);
            watch(epoll, EPOLL_CTL_ADD, s->fd, EPOLLOUT, s);
        }
        int n = epoll_wait(epoll, events, 256, total.opened < count ? 1 : 50);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                struct stream *s = events[i].data.ptr;
                serve(s, events[i].events, &heads[(size_t)(s - streams) % head_count]);
                continue;
            }
            char word[64];
            ssize_t got = read(STDIN_FILENO, word, sizeof word - 1);
            word[got > 0 ? got : 0] = '\0';
            if (strstr(word, "drain")) drained_since = seconds_now();
            stop = got <= 0 || strstr(word, "stop");
        }
        if (!ready && total.with_bytes == count) {
            ready = true;
            printf("ready %.3f\n", seconds_now() - begin);
            fflush(stdout);
        }
    }
    double measured = total.last_frame - total.first_frame;
    printf("{\"streams\":%zu,\"connected\":%zu,\"ready\":%s,\"refused\":%zu,\"ended\":%zu,"
           "\"frames\":%llu,\"bytes\":%llu,\"gaps\":%llu,\"repeats\":%llu,\"resets\":%llu,"
           "\"goodbyes\":%llu,\"unstamped\":%llu,\"seconds\":%.3f,\"until_last\":%.3f,\"deliveries_per_second\":%.0f,",
           count, total.connected, ready ? "true" : "false", total.refused, total.ended,
           (unsigned long long)total.frames, (unsigned long long)total.bytes,
           (unsigned long long)total.gaps, (unsigned long long)total.repeats,
           (unsigned long long)total.resets, (unsigned long long)total.goodbyes,
           (unsigned long long)total.unstamped, measured,
           total.frames ? total.last_frame - begin : 0,
           measured > 0 ? (double)total.frames / measured : 0);
    histogram_print("latency_ms", &total.latency);
    printf(",");
    histogram_print("last_ms", &total.last);
    printf(",\"cpu_seconds\":%.2f}\n", cpu_seconds());
    return ready ? 0 : 1;
}
