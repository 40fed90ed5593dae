/* Opens many event streams on 127.0.0.1, reads them, and says what came: how much, how late, and
 * whether anything was missing or came twice. One thread, one epoll, one JSON object at the end.
 *
 *   sse_load --port P --path /api/v1/events --streams N --token-file F --seconds S
 *            [--accept-rate R]     open at most R streams a second
 *
 * Prints "ready <seconds>" when every stream has had its first bytes. Ends after S seconds, when
 * stdin is closed or says "stop", when all streams have ended, or, told "drain", after two
 * seconds without a frame. Status 1 when a stream could not be opened.
 */
#include "common.h"

enum { WAITING_AT_ONCE = 100, LINE_MOST = 1 << 20, READ_SIZE = 1 << 18 };

enum state { CONNECTING, HEAD, CHUNK_SIZE, CHUNK_EXTENSION, CHUNK_DATA, CHUNK_END, PLAIN, ENDED };

struct stream {
    int fd;
    enum state state;
    bool head_seen, chunked, has_bytes;
    uint64_t chunk_left;
    char *carry; /* the beginning of a line whose end has not come yet */
    size_t carried, carry_size;
    bool is_frame, has_id, has_position; /* of the block under way; of the stream */
    uint64_t id, position;
    int64_t stamp;
};

static struct {
    size_t opened, connected, with_bytes, ended, refused;
    uint64_t frames, bytes, gaps, repeats, resets, goodbyes, unstamped;
    double first_frame, last_frame;
    struct histogram latency;
} total;

static double now;   /* when the bytes being parsed were read, */
static int64_t wall; /* by the clock on the wall too */
static int epoll;

static bool starts(const char *line, size_t length, const char *with) {
    size_t n = strlen(with);
    return length >= n && memcmp(line, with, n) == 0;
}

static int64_t find_stamp(const char *line, size_t length) {
    static const char key[] = "\"timestamp\":";
    const char *end = line + length, *at = memmem(line, length, key, sizeof key - 1);
    if (!at) return -1;
    at += sizeof key - 1;
    while (at < end && *at == ' ') at++;
    return end - at >= STAMP + 2 && *at == '"' ? stamp_read(at + 1) : -1;
}

static void block_ends(struct stream *s) {
    if (s->is_frame) {
        if (!total.frames++) total.first_frame = now;
        total.last_frame = now;
        if (!s->has_id || (s->has_position && s->id > s->position + 1)) total.gaps++;
        if (s->has_id && s->has_position && s->id <= s->position) total.repeats++;
        if (s->stamp < 0) total.unstamped++;
        else histogram_add(&total.latency, wall - s->stamp);
    }
    if (s->has_id) { /* an id-only block and a heartbeat say where the stream stands, too */
        s->position = s->id;
        s->has_position = true;
    }
    s->is_frame = s->has_id = false;
    s->stamp = -1;
}

static void event_line(struct stream *s, const char *line, size_t length) {
    if (!length) {
        block_ends(s);
    } else if (starts(line, length, "data:")) {
        s->stamp = find_stamp(line, length);
    } else if (starts(line, length, "id:")) {
        const char *at = line + 3, *end = line + length;
        if (at < end && *at == ' ') at++;
        s->has_id = at < end && *at >= '0' && *at <= '9';
        for (s->id = 0; at < end && *at >= '0' && *at <= '9'; at++)
            s->id = s->id * 10 + (uint64_t)(*at - '0');
    } else if (starts(line, length, "event:")) {
        s->is_frame = starts(line, length, "event: consent-updated") && length == 22;
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

static void serve(struct stream *s, uint32_t events, const char *request) {
    static char buffer[READ_SIZE];
    if (s->state == CONNECTING && (events & EPOLLOUT) && !(events & EPOLLERR)) {
        size_t length = strlen(request);
        if (send(s->fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
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

int main(int argc, char **argv) {
    const char *port_text = NULL, *path = NULL, *streams_text = NULL, *token_file = NULL;
    const char *seconds_text = NULL, *rate_text = "1000000";
    read_options(argc, argv, (struct option_of[]){
        {"--port", &port_text}, {"--path", &path}, {"--streams", &streams_text},
        {"--token-file", &token_file}, {"--seconds", &seconds_text}, {"--accept-rate", &rate_text},
        {0}});
    int port = (int)number(port_text, 1, 65535);
    size_t wanted = (size_t)number(streams_text, 1, 1e6);
    double rate = number(rate_text, 0.1, 1e6), begin = seconds_now();
    double until = begin + number(seconds_text, 0.1, 86400), drained_since = 0;
    raise_file_limit(wanted + 16);
    char *token = token_text(token_file), *request;
    if (asprintf(&request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n"
                 "Authorization: Bearer %s\r\n\r\n", path, port, token) < 0)
        die("out of memory");
    struct stream *streams = grown(NULL, wanted * sizeof *streams);
    memset(streams, 0, wanted * sizeof *streams);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event events[256] = {{.events = EPOLLIN}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, events); /* fails for a plain file: no matter */

    bool ready = false, stop = false;
    while (!stop && total.ended < wanted && !(total.refused && !ready)) {
        double t = seconds_now();
        bool drained = drained_since && t - drained_since > 2 && t - total.last_frame > 2;
        if (t >= until || drained) break;
        size_t may = 1 + (size_t)((t - begin) * rate);
        while (total.opened < wanted && total.opened < may &&
               total.opened - total.with_bytes < WAITING_AT_ONCE) {
            struct stream *s = &streams[total.opened++];
            s->stamp = -1;
            s->fd = connect_to(port);
            watch(epoll, EPOLL_CTL_ADD, s->fd, EPOLLOUT, s);
        }
        int n = epoll_wait(epoll, events, 256, total.opened < wanted ? 1 : 50);
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                serve(events[i].data.ptr, events[i].events, request);
                continue;
            }
            char word[64];
            ssize_t got = read(STDIN_FILENO, word, sizeof word - 1);
            word[got > 0 ? got : 0] = '\0';
            if (strstr(word, "drain")) drained_since = seconds_now();
            stop = got <= 0 || strstr(word, "stop");
        }
        if (!ready && total.with_bytes == wanted) {
            ready = true;
            printf("ready %.3f\n", seconds_now() - begin);
            fflush(stdout);
        }
    }
    double measured = total.last_frame - total.first_frame;
    printf("{\"streams\":%zu,\"connected\":%zu,\"ready\":%s,\"refused\":%zu,\"ended\":%zu,"
           "\"frames\":%llu,\"bytes\":%llu,\"gaps\":%llu,\"repeats\":%llu,\"resets\":%llu,"
           "\"goodbyes\":%llu,\"unstamped\":%llu,\"seconds\":%.3f,\"deliveries_per_second\":%.0f,",
           wanted, total.connected, ready ? "true" : "false", total.refused, total.ended,
           (unsigned long long)total.frames, (unsigned long long)total.bytes,
           (unsigned long long)total.gaps, (unsigned long long)total.repeats,
           (unsigned long long)total.resets, (unsigned long long)total.goodbyes,
           (unsigned long long)total.unstamped, measured,
           measured > 0 ? (double)total.frames / measured : 0);
    histogram_print(&total.latency);
    printf(",\"cpu_seconds\":%.2f}\n", cpu_seconds());
    return ready ? 0 : 1;
}
