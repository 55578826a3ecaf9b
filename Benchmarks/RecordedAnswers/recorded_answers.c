// The least that a server can do: one thread that answers requests it knows with the bytes that were recorded for them.
//
//     recorded_answers INDEX PORT
//
// INDEX has a line for each request: its target, a tab, and the file with the whole answer. What it does not know ends the connection.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct answer {
    char target[2048];
    size_t target_length;
    char *bytes;
    size_t length;
};

static struct answer answers[64];
static int answer_count;

static int fail(const char *what) {
    perror(what);
    return 1;
}

static int read_index(const char *path) {
    FILE *index = fopen(path, "r");
    char line[4096];
    if (!index) return fail(path);
    while (answer_count < 64 && fgets(line, sizeof line, index)) {
        char *tab = strchr(line, '\t');
        if (!tab || tab - line >= 2048) continue;
        *tab = 0;
        tab[1 + strcspn(tab + 1, "\n")] = 0;
        struct answer *answer = &answers[answer_count++];
        strcpy(answer->target, line);
        answer->target_length = strlen(line);
        FILE *file = fopen(tab + 1, "rb");
        if (!file) return fail(tab + 1);
        fseek(file, 0, SEEK_END);
        answer->length = (size_t)ftell(file);
        rewind(file);
        answer->bytes = malloc(answer->length);
        if (fread(answer->bytes, 1, answer->length, file) != answer->length) return fail(tab + 1);
        fclose(file);
    }
    fclose(index);
    return 0;
}

/// Answers a request that came whole; 0 where the connection is to end.
static int answer(int connection, const char *request) {
    for (int i = 0; i < answer_count; i++) {
        const struct answer *answer = &answers[i];
        if (strncmp(request, "GET ", 4) || strncmp(request + 4, answer->target, answer->target_length)) continue;
        if (request[4 + answer->target_length] != ' ') continue;
        for (size_t written = 0; written < answer->length;) {
            ssize_t count = write(connection, answer->bytes + written, answer->length - written);
            if (count <= 0) return 0;
            written += (size_t)count;
        }
        return 1;
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: %s INDEX PORT\n", arguments[0]);
        return 2;
    }
    if (read_index(arguments[1])) return 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(arguments[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) return fail("listen");
    int events = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    static char request[65536];
    for (;;) {
        if (epoll_wait(events, &event, 1, -1) < 1) continue;
        if (event.data.fd == listener) {
            int connection = accept(listener, NULL, NULL);
            setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
            struct epoll_event added = {.events = EPOLLIN, .data.fd = connection};
            epoll_ctl(events, EPOLL_CTL_ADD, connection, &added);
            continue;
        }
        ssize_t length = read(event.data.fd, request, sizeof request - 1);
        request[length > 0 ? length : 0] = 0;
        if (length <= 0 || !answer(event.data.fd, request)) close(event.data.fd);
    }
}
