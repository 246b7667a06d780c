/* The leanest SMTP server that we could think of: a sink that is not what a benchmark measures.
 *
 *     sink [-d MICROSECONDS] [-l LOG]
 *
 * One thread, epoll, and one shared buffer: what came is read, looked through and forgotten. It takes whatever it is
 * given, by DATA or BDAT (RFC 3030), on as many connections as come, and answers pipelined commands (RFC 2920) with
 * one packet.
 *
 * It prints its port (of 127.0.0.1), then at every SIGUSR1 the messages taken so far, and their number once more at
 * SIGTERM, which ends it.
 *
 * -d: answers leave so much later, as over a network with that time of round trip: what arrives together is
 *     answered together, and other connections do not wait.
 * -l: before a message is acknowledged, a line is added to a file: connection, recipient, Message-ID.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, KEPT = 4096, HEAD = 4096, SESSIONS = 1 << 16, EVENTS = 256, SECOND = 1000000000 };

static const char GREETING[] = "220 sink.example.com ESMTP\r\n";
static const char EHLO[] = "250-sink.example.com\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n"
                           "250-ENHANCEDSTATUSCODES\r\n250 CHUNKING\r\n";

struct session {
    unsigned number;          /* of the connection, counted from 1 */
    enum { COMMANDS, DATA, BDAT } state;
    size_t left;              /* octets of the BDAT chunk that are still to come */
    bool last;                /* that chunk ends its message */
    size_t kept;              /* octets that were read and could not be understood yet */
    char tail[KEPT];
    size_t known;             /* octets of the message's beginning, kept for the log */
    char head[HEAD + 1];
    char recipient[512];
};

/* An answer on its way. */
struct answer {
    struct answer *next;
    long due; /* nanoseconds */
    int socket;
    unsigned session;
    size_t length;
    char text[];
};

static struct session *sessions[SESSIONS];
static struct answer *first_answer, **last_answer = &first_answer;
static char buffer[KEPT + BUFFER], answers[BUFFER];
static size_t answered;
static unsigned long taken;
static unsigned connections;
static long delay; /* nanoseconds */
static int log_file = -1;
static volatile sig_atomic_t over, asked;

static void on_signal(int number) {
    if (number == SIGTERM) over = 1;
    else asked = 1;
}

static long clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static void answer(const char *text, size_t length) {
    if (answered + length > sizeof answers) errx(1, "more commands in one packet than it can hold");
    memcpy(answers + answered, text, length);
    answered += length;
}
#define ANSWER(text) answer(text, sizeof text - 1)

static void write_log(struct session *s) {
    char line[2048] = "-";
    s->head[s->known] = '\0';
    char *id = strcasestr(s->head, "\nMessage-ID:");
    int length = id ? (int)strcspn(id + 12, "\r\n") : 0;
    length = snprintf(line, sizeof line, "%u\t%s\t%.*s\n", s->number, s->recipient, length, id ? id + 12 : "");
    if (write(log_file, line, length) != length) err(1, "the log cannot be written");
    s->known = 0;
}

static void take_message(struct session *s) {
    if (log_file >= 0) write_log(s);
    taken++;
    s->state = COMMANDS;
    ANSWER("250 2.0.0 Ok\r\n");
}

/* Look at a piece of a message, which the log may want the beginning of. */
static void see(struct session *s, const char *text, size_t length) {
    if (log_file < 0 || s->known == HEAD) return;
    if (length > HEAD - s->known) length = HEAD - s->known;
    memcpy(s->head + s->known, text, length);
    s->known += length;
}

/* Obey one command line; return whether the connection goes on. */
static bool obey(struct session *s, const char *line, size_t length) {
    if (!strncasecmp(line, "RCPT TO:<", 9)) {
        size_t size = strcspn(line + 9, ">\r");
        snprintf(s->recipient, sizeof s->recipient, "%.*s", (int)size, line + 9);
        ANSWER("250 2.1.5 Ok\r\n");
    } else if (!strncasecmp(line, "MAIL", 4)) ANSWER("250 2.1.0 Ok\r\n");
    else if (!strncasecmp(line, "DATA", 4)) {
        s->state = DATA;
        ANSWER("354 Go ahead\r\n");
    } else if (!strncasecmp(line, "BDAT ", 5)) {
        s->left = strtoul(line + 5, NULL, 10);
        s->last = memmem(line, length, "LAST", 4) || memmem(line, length, "last", 4);
        s->state = BDAT;
    } else if (!strncasecmp(line, "EHLO", 4)) ANSWER(EHLO);
    else if (!strncasecmp(line, "QUIT", 4)) {
        ANSWER("221 2.0.0 Bye\r\n");
        return false;
    } else ANSWER("250 2.0.0 Ok\r\n");
    return true;
}

/* Understand what has come as far as it goes; return how much that was, or -1 when the client has said goodbye. */
static ssize_t understand(struct session *s, char *text, size_t length) {
    char *at = text, *end = text + length, *found;
    while (at < end || (s->state == BDAT && s->left == 0)) {
        size_t rest = end - at;
        if (s->state == DATA) {
            /* the line end of DATA is still there: the dot of an empty message follows it at once */
            found = memmem(at, rest, "\r\n.\r\n", 5);
            size_t whole = found ? (size_t)(found - at) + 2 : rest > 4 ? rest - 4 : 0;
            see(s, at, whole);
            if (!found) return at + whole - text;
            take_message(s);
            at = found + 5;
        } else if (s->state == BDAT) {
            size_t chunk = rest < s->left ? rest : s->left;
            see(s, at, chunk);
            at += chunk;
            if ((s->left -= chunk)) break;
            if (s->last) take_message(s);
            else ANSWER("250 2.0.0 Ok\r\n");
            s->state = COMMANDS;
        } else {
            if (!(found = memchr(at, '\n', rest))) break;
            if (!obey(s, at, found - at)) return -1;
            at = found + (s->state == DATA ? -1 : 1);
        }
    }
    return at - text;
}

static void hang_up(int socket) {
    free(sessions[socket]);
    sessions[socket] = NULL;
    close(socket);
}

/* Send the answers that have come together, now or when it is time. */
static void send_answers(int socket) {
    if (!answered) return;
    if (!delay) {
        if (send(socket, answers, answered, MSG_NOSIGNAL) != (ssize_t)answered) shutdown(socket, SHUT_RDWR);
    } else {
        struct answer *new = malloc(sizeof *new + answered);
        *new = (struct answer){NULL, clock_now() + delay, socket, sessions[socket]->number, answered};
        memcpy(new->text, answers, answered);
        *last_answer = new;
        last_answer = &new->next;
    }
    answered = 0;
}

/* Send what is due; return how long the next answer has to wait, or NULL when there is none. */
static struct timespec *send_due(struct timespec *wait) {
    for (struct answer *due; (due = first_answer);) {
        long left = due->due - clock_now();
        if (left > 0) {
            *wait = (struct timespec){left / SECOND, left % SECOND};
            return wait;
        }
        struct session *s = sessions[due->socket];
        if (s && s->number == due->session) send(due->socket, due->text, due->length, MSG_NOSIGNAL);
        if (!(first_answer = due->next)) last_answer = &first_answer;
        free(due);
    }
    return NULL;
}

static void welcome(int listener, int poll) {
    int on = 1, socket = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (socket < 0) return;
    if (socket >= SESSIONS) errx(1, "too many connections");
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sessions[socket] = calloc(1, sizeof(struct session));
    sessions[socket]->number = ++connections;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = socket};
    epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
    ANSWER(GREETING);
    send_answers(socket);
}

static void listen_to(int socket) {
    struct session *s = sessions[socket];
    memcpy(buffer, s->tail, s->kept);
    ssize_t length = recv(socket, buffer + s->kept, BUFFER, 0);
    if (length <= 0) return hang_up(socket);
    size_t whole = s->kept + length;
    ssize_t understood = understand(s, buffer, whole);
    send_answers(socket);
    if (understood < 0) {
        if (!delay) hang_up(socket); /* else the client does it, when it has its answer */
        return;
    }
    s->kept = whole - understood;
    if (s->kept > sizeof s->tail) return hang_up(socket);
    memcpy(s->tail, buffer + understood, s->kept);
}

static int open_listener(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) err(1, "cannot listen");
    getsockname(listener, (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

int main(int count, char **words) {
    for (int option; (option = getopt(count, words, "d:l:")) >= 0;) {
        if (option == 'd') delay = atol(optarg) * 1000;
        else if (option == 'l') log_file = open(optarg, O_WRONLY | O_APPEND | O_CREAT, 0600);
        else return 2;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    /* signals come while we wait and at no other time: one that came just before would be noticed too late */
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &all, NULL);
    int poll = epoll_create1(0), listener = open_listener();
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    while (!over) {
        struct timespec wait;
        int ready = epoll_pwait2(poll, events, EVENTS, send_due(&wait), &none);
        for (int number = 0; number < ready; number++) {
            int socket = events[number].data.fd;
            if (socket == listener) welcome(listener, poll);
            else if (sessions[socket]) listen_to(socket);
        }
        if (asked) {
            asked = 0;
            printf("%lu\n", taken);
            fflush(stdout);
        }
    }
    printf("%lu\n", taken);
    return 0;
}
