/* Sends HTTP/1.1 requests to 127.0.0.1 back to back over a number of kept connections, and says how
 * many were answered, with what, and how fast. One thread, one epoll, one JSON object at the end.
 *
 *   rest_load --port P --connections C --seconds S --requests F --token-file F [--answers N]
 *
 * A line of the requests is METHOD PATH [BODY]. Each connection goes round and round its own slice
 * of the lines, so that no two ask for the same thing at once. After S seconds no more requests are
 * sent, nor after N answers; those under way are waited for, at most 5 seconds. An answer needs a
 * Content-Length.
 */
#include "common.h"

enum { HEAD_MOST = 1 << 14, READ_SIZE = 1 << 16, WAIT_AT_END = 5, FAILURES_MOST = 1000 };

struct request {
    char *bytes;
    size_t length;
};

struct connection {
    int fd;
    bool wants_room;           /* epoll tells when more of the request can be sent */
    bool under_way;            /* a request whose answer has not wholly come */
    size_t first, count, next; /* its slice of the requests */
    size_t sent, held;         /* of the request; of the answer's head, in `head` */
    long long body_left;       /* -1: still in the head */
    int status;
    bool last;                 /* the server closes after this answer */
    int64_t begun;
    char head[HEAD_MOST];
};

static struct request *requests;
static size_t request_count, under_way;
static uint64_t statuses[600], answers, answers_most, begun, failures, bytes_read;
static struct histogram latency;
static double last_answer, until;
static int port, epoll;

static void read_requests(const char *file, const char *token) {
    size_t length;
    char *rest = file_text(file, &length), *line;
    while ((line = strsep(&rest, "\n"))) {
        char *method = strsep(&line, " "), *path = strsep(&line, " ");
        const char *body = line ? line : "";
        if (!*method) continue;
        if (!path || *path != '/') die("%s: a line is METHOD PATH [BODY]", file);
        requests = grown(requests, (request_count + 1) * sizeof *requests);
        struct request *r = &requests[request_count++];
        int n = asprintf(&r->bytes,
                         "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                         "Accept: application/json\r\nContent-Type: application/json\r\n"
                         "Content-Length: %zu\r\n\r\n%s",
                         method, path, port, token, strlen(body), body);
        if (n < 0) die("out of memory");
        r->length = (size_t)n;
    }
    if (!request_count) die("%s: no requests", file);
}

static void open_connection(struct connection *c) {
    c->fd = connect_to(port);
    c->under_way = false;
    c->wants_room = true;
    watch(epoll, EPOLL_CTL_ADD, c->fd, EPOLLOUT, c);
}

static bool may_begin(void) { return seconds_now() < until && begun < answers_most; }

static void give_up(struct connection *c) {
    failures++;
    if (c->under_way) under_way--;
    close(c->fd);
    if (failures > FAILURES_MOST) die("more than %d connections failed", FAILURES_MOST);
    if (may_begin()) open_connection(c);
    else c->fd = -1;
}

/* Sends what is left of the request, or as much of it as there is room for now. */
static bool send_rest(struct connection *c) {
    const struct request *r = &requests[c->first + c->next];
    ssize_t sent = send(c->fd, r->bytes + c->sent, r->length - c->sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent > 0) c->sent += (size_t)sent;
    bool rest = c->sent < r->length;
    if (rest != c->wants_room)
        watch(epoll, EPOLL_CTL_MOD, c->fd, rest ? EPOLLIN | EPOLLOUT : EPOLLIN, c);
    c->wants_room = rest;
    return true;
}

static bool begin_request(struct connection *c) {
    begun++;
    c->sent = c->held = 0;
    c->body_left = -1;
    c->last = false;
    c->begun = clock_us(CLOCK_MONOTONIC);
    c->under_way = true;
    under_way++;
    return send_rest(c);
}

/* Reads status and length from the whole head; false when they are not there. */
static bool read_head(struct connection *c, char *end) {
    *end = '\0';
    if (sscanf(c->head, "HTTP/1.%*1d %3d", &c->status) != 1 || c->status < 200 || c->status > 599)
        return false;
    const char *length = strcasestr(c->head, "\r\ncontent-length:");
    c->last = strcasestr(c->head, "\r\nconnection: close") != NULL;
    if (length) c->body_left = atoll(length + 17);
    else if (c->status == 204 || c->status == 304) c->body_left = 0;
    return c->body_left >= 0;
}

/* Takes bytes of the answer; false when it is not HTTP as it is understood here. */
static bool take(struct connection *c, const char *bytes, size_t count) {
    if (!c->under_way) return false;
    if (c->body_left < 0) {
        size_t room = sizeof c->head - c->held, part = count < room ? count : room;
        memcpy(c->head + c->held, bytes, part);
        c->held += part;
        char *end = memmem(c->head, c->held, "\r\n\r\n", 4);
        if (!end) return c->held < sizeof c->head;
        count -= part - (c->held - (size_t)(end + 4 - c->head)); /* what is left is body */
        if (!read_head(c, end + 2)) return false;
    }
    if ((long long)count > c->body_left) return false;
    c->body_left -= (long long)count;
    return true;
}

static void answered(struct connection *c) {
    histogram_add(&latency, clock_us(CLOCK_MONOTONIC) - c->begun);
    last_answer = seconds_now();
    statuses[c->status]++;
    answers++;
    under_way--;
    c->under_way = false;
    c->next = (c->next + 1) % c->count;
    if (c->last) {
        close(c->fd);
        c->fd = -1;
        if (may_begin()) open_connection(c);
    } else if (may_begin() && !begin_request(c)) {
        give_up(c);
    }
}

static void serve(struct connection *c, uint32_t events) {
    static char buffer[READ_SIZE];
    if (events & EPOLLOUT && !(events & EPOLLERR)) {
        if (!c->under_way && !may_begin()) {
            watch(epoll, EPOLL_CTL_DEL, c->fd, 0, c); /* others have sent the last one */
            return;
        }
        if (!(c->under_way ? send_rest(c) : begin_request(c))) {
            give_up(c);
            return;
        }
        if (!(events & EPOLLIN)) return;
    }
    ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || !take(c, buffer, (size_t)got)) {
        give_up(c);
        return;
    }
    bytes_read += (uint64_t)got;
    if (c->body_left == 0) answered(c);
}

int main(int argc, char **argv) {
    const char *port_text = NULL, *connections_text = NULL, *seconds_text = NULL;
    const char *file = NULL, *token_file = NULL, *answers_text = "1e18";
    read_options(argc, argv, (struct option_of[]){
        {"--port", &port_text}, {"--connections", &connections_text}, {"--seconds", &seconds_text},
        {"--requests", &file}, {"--token-file", &token_file}, {"--answers", &answers_text}, {0}});
    answers_most = (uint64_t)number(answers_text, 1, 1e18);
    port = (int)number(port_text, 1, 65535);
    size_t count = (size_t)number(connections_text, 1, 65536);
    double seconds = number(seconds_text, 0.1, 3600);
    raise_file_limit(count + 16);
    read_requests(file, token_text(token_file));
    epoll = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = grown(NULL, count * sizeof *connections);
    double begin = seconds_now();
    until = begin + seconds;
    for (size_t i = 0; i < count; i++) {
        struct connection *c = &connections[i];
        c->next = 0;
        c->first = i * request_count / count;
        c->count = (i + 1) * request_count / count - c->first;
        if (!c->count) c->count = 1; /* more connections than lines: they share */
        open_connection(c);
    }
    while (seconds_now() < until + (under_way ? WAIT_AT_END : 0) && answers < answers_most) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, 20);
        for (int i = 0; i < n; i++) serve(events[i].data.ptr, events[i].events);
    }
    double measured = answers ? last_answer - begin : 0;
    printf("{\"connections\":%zu,\"answers\":%llu,\"bytes\":%llu,\"failures\":%llu,"
           "\"unanswered\":%zu,\"seconds\":%.3f,\"requests_per_second\":%.0f,\"statuses\":{",
           count, (unsigned long long)answers, (unsigned long long)bytes_read,
           (unsigned long long)failures, under_way, measured,
           measured > 0 ? (double)answers / measured : 0);
    const char *comma = "";
    for (int i = 0; i < 600; i++) {
        if (!statuses[i]) continue;
        printf("%s\"%d\":%llu", comma, i, (unsigned long long)statuses[i]);
        comma = ",";
    }
    printf("},");
    histogram_print("latency_ms", &latency);
    printf(",\"cpu_seconds\":%.2f}\n", cpu_seconds());
    return answers && !failures ? 0 : 1;
}
