/* The floor: the least that any server must do to send one frame to every client. One thread, one
 * epoll, one write() per client and event; no database, no log, no resuming, no second chance.
 *
 *   floor --port P --rate R --seconds S --frame-file F [--burst B] [--sndbuf BYTES]
 *
 * F holds one frame of the feed; each event is this frame with its own id and timestamp. Prints
 * "listening", answers any request with an event stream, and begins when stdin says "start": R * S
 * events, B at a time, each with the time at which it was due. It falls behind when the machine is too slow, and
 * gives up after 5 * S seconds. Then it prints one JSON object and stays until stdin is closed.
 */
#include "common.h"
#include <sys/timerfd.h>

enum { CLIENTS_MOST = 65536, PATIENCE = 120 };

struct client {
    int fd;
    int head_end; /* how much of the "\r\n\r\n" that ends the request has come */
    bool streaming;
};

static struct client *clients[CLIENTS_MOST];
static size_t client_count;
static uint64_t writes, would_block, cut;
static char *frame, *message; /* the sample; the chunk made of it */
static size_t frame_length, id_end, stamp_at;

static const char head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    "Transfer-Encoding: chunked\r\n\r\n";

static void read_frame(const char *file) {
    frame = file_text(file, &frame_length);
    message = grown(NULL, frame_length + 64);
    const char *stamp = strstr(frame, "\"timestamp\":\"");
    id_end = strncmp(frame, "id: ", 4) == 0 ? 4 + strspn(frame + 4, "0123456789") : 0;
    if (!stamp || id_end < 5 || strcmp(frame + frame_length - 2, "\n\n") != 0 ||
        stamp_read(stamp + 13) < 0)
        die("%s: not a frame: id, event, data with a timestamp, and an empty line", file);
    stamp_at = (size_t)(stamp - frame) + 13;
}

static size_t make_message(uint64_t id, int64_t due_us) {
    char line[32];
    int id_length = snprintf(line, sizeof line, "id: %llu", (unsigned long long)id);
    stamp_write(frame + stamp_at, due_us);
    size_t length = frame_length - id_end + (size_t)id_length;
    return (size_t)sprintf(message, "%zx\r\n%s%s\r\n", length, line, frame + id_end);
}

/* True when the client is still there. Nothing is queued: what does not fit is skipped and counted;
 * a frame that was cut in two cannot be mended and ends the stream. */
static bool send_to(struct client *c, const char *bytes, size_t length) {
    ssize_t sent = send(c->fd, bytes, length, MSG_NOSIGNAL);
    writes++;
    if (sent == (ssize_t)length) return true;
    if (sent < 0 && errno == EAGAIN) {
        would_block++;
        return true;
    }
    cut++;
    return false;
}

static void drop(size_t i) {
    shutdown(clients[i]->fd, SHUT_RDWR); /* closed when epoll reports it */
    clients[i] = clients[--client_count];
}

static void accept_all(int epoll, int listener, int buffer_size) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer_size, sizeof buffer_size) != 0)
            setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer_size, sizeof buffer_size);
        struct client *c = grown(NULL, sizeof *c);
        *c = (struct client){.fd = fd};
        watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

static void read_from(struct client *c, uint64_t last_id) {
    char bytes[4096];
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN) return;
    for (ssize_t i = 0; i < got; i++) {
        c->head_end = bytes[i] == "\r\n\r\n"[c->head_end] ? c->head_end + 1 : bytes[i] == '\r';
        if (c->head_end < 4) continue;
        c->head_end = 0;
        if (c->streaming || client_count == CLIENTS_MOST) continue;
        char first[sizeof head + 128], block[64];
        int n = snprintf(block, sizeof block, "retry: 1000\nid: %llu-00000000\n\n",
                         (unsigned long long)last_id);
        int length = snprintf(first, sizeof first, "%s%x\r\n%s\r\n", head, (unsigned)n, block);
        if (send(c->fd, first, (size_t)length, MSG_NOSIGNAL) != length) break;
        c->streaming = true;
        clients[client_count++] = c;
    }
    if (got > 0) return;
    for (size_t i = 0; i < client_count; i++)
        if (clients[i] == c) drop(i--);
    close(c->fd);
    free(c);
}

int main(int argc, char **argv) {
    const char *port_text = NULL, *rate_text = NULL, *seconds_text = NULL, *file = NULL;
    const char *buffer_text = "4194304", *burst_text = "1";
    read_options(argc, argv, (struct option_of[]){
        {"--port", &port_text}, {"--rate", &rate_text}, {"--seconds", &seconds_text},
        {"--frame-file", &file}, {"--burst", &burst_text}, {"--sndbuf", &buffer_text}, {0}});
    int port = (int)number(port_text, 1, 65535), buffer_size = (int)number(buffer_text, 1, 1 << 30);
    double rate = number(rate_text, 0.1, 1e6), seconds = number(seconds_text, 0.1, 3600);
    uint64_t burst = (uint64_t)number(burst_text, 1, 1e6);
    uint64_t wanted = (uint64_t)(rate * seconds + 0.5), made = 0, due = 0;
    raise_file_limit(4096);
    read_frame(file);

    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in address = loopback(port);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 4096) != 0)
        die("127.0.0.1:%d: %s", port, strerror(errno));
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, &one); /* any address that is no client's */
    watch(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, &listener);
    watch(epoll, EPOLL_CTL_ADD, timer, EPOLLIN, &timer);
    printf("listening\n");
    fflush(stdout);

    bool started = false, done = false;
    double cpu_begin = 0, begin = 0, give_up = seconds_now() + PATIENCE;
    int64_t begin_us = 0;
    while (!done || seconds_now() < give_up) {
        struct epoll_event events[64];
        bool behind = made < due && !done;
        if (!started && seconds_now() >= give_up) die("nobody said start");
        int n = epoll_wait(epoll, events, 64, behind ? 0 : 1000);
        for (int i = 0; i < n; i++) {
            void *whose = events[i].data.ptr;
            uint64_t ticks;
            char word[64];
            if (whose == &timer) {
                if (read(timer, &ticks, sizeof ticks) == sizeof ticks) due += ticks * burst;
                if (due > wanted) due = wanted;
            } else if (whose == &listener) {
                accept_all(epoll, listener, buffer_size);
            } else if (whose != &one) {
                read_from(whose, made);
            } else if (read(STDIN_FILENO, word, sizeof word) <= 0) {
                return done ? 0 : 1;
            } else if (!started) {
                started = true;
                int64_t gap = (int64_t)(1e9 * (double)burst / rate);
                struct timespec t = {gap / 1000000000, gap % 1000000000};
                timerfd_settime(timer, 0, &(struct itimerspec){t, t}, NULL);
                begin = seconds_now();
                begin_us = clock_us(CLOCK_REALTIME);
                cpu_begin = cpu_seconds();
                give_up = begin + 5 * seconds;
            }
        }
        if (made < due && !done) {
            made++;
            uint64_t with_its_burst = (made + burst - 1) / burst * burst;
            size_t length = make_message(made, begin_us + (int64_t)((double)with_its_burst * 1e6 / rate));
            for (size_t i = 0; i < client_count; i++)
                if (!send_to(clients[i], message, length)) drop(i--);
        }
        if (started && !done && (made == wanted || seconds_now() >= give_up)) {
            done = true;
            give_up = seconds_now() + PATIENCE;
            printf("{\"events\":%llu,\"clients\":%zu,\"writes\":%llu,\"would_block\":%llu,"
                   "\"cut\":%llu,\"frame_bytes\":%zu,\"seconds\":%.3f,\"cpu_seconds\":%.3f}\n",
                   (unsigned long long)made, client_count, (unsigned long long)writes,
                   (unsigned long long)would_block, (unsigned long long)cut, frame_length,
                   seconds_now() - begin, cpu_seconds() - cpu_begin);
            fflush(stdout);
        }
    }
    return 0;
}
