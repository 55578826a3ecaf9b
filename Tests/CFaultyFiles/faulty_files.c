#define _GNU_SOURCE
#include "faulty_files.h"

#ifdef __linux__
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char watched[PATH_MAX];
static size_t watched_length;
static faulty_judge current_judge;
static __thread int is_judging;

void faulty_files_watch(const char *folder, faulty_judge judge) {
    snprintf(watched, sizeof watched, "%s", folder);
    watched_length = strlen(watched);
    current_judge = judge;
}

static int concerns(const char *path) {
    return current_judge && !is_judging && watched_length && strncmp(path, watched, watched_length) == 0;
}

static faulty_verdict ask(faulty_kind kind, const char *path, const char *destination, int64_t size) {
    faulty_call call = {kind, path, destination, size};
    int saved = errno;
    is_judging = 1;
    faulty_verdict verdict = current_judge(call);
    is_judging = 0;
    errno = saved;
    return verdict;
}

/// The path behind a descriptor, or 0 where it is none of those watched.
static int path_of(int descriptor, char *path) {
    if (!current_judge || is_judging) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    int saved = errno;
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    errno = saved;
    if (length < 0) return 0;
    path[length] = 0;
    return concerns(path);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// What SQLite and Perch call, in the form for large files as well. Each looks the system's function up once.

#define WRITE_AT(name, offset_type)                                                        \
    ssize_t name(int descriptor, const void *bytes, size_t size, offset_type offset) {     \
        static ssize_t (*real)(int, const void *, size_t, offset_type);                    \
        if (!real) real = REAL(name);                                                      \
        char path[PATH_MAX];                                                               \
        if (!path_of(descriptor, path)) return real(descriptor, bytes, size, offset);      \
        faulty_verdict verdict = ask(FAULTY_WRITE, path, 0, (int64_t)size);                \
        if (!verdict.error) return real(descriptor, bytes, size, offset);                  \
        if (verdict.bytes_written > 0) (void)!real(descriptor, bytes, (size_t)verdict.bytes_written, offset); \
        errno = verdict.error;                                                             \
        return -1;                                                                         \
    }
WRITE_AT(pwrite, off_t)
WRITE_AT(pwrite64, off64_t)

ssize_t write(int descriptor, const void *bytes, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = REAL(write);
    char path[PATH_MAX];
    if (!path_of(descriptor, path)) return real(descriptor, bytes, size);
    faulty_verdict verdict = ask(FAULTY_WRITE, path, 0, (int64_t)size);
    if (!verdict.error) return real(descriptor, bytes, size);
    if (verdict.bytes_written > 0) (void)!real(descriptor, bytes, (size_t)verdict.bytes_written);
    errno = verdict.error;
    return -1;
}

#define OF_DESCRIPTOR(name, kind, size_of_call, parameters, ...)             \
    int name parameters {                                                    \
        static int (*real) parameters;                                       \
        if (!real) real = REAL(name);                                        \
        char path[PATH_MAX];                                                 \
        if (!path_of(descriptor, path)) return real(__VA_ARGS__);            \
        faulty_verdict verdict = ask(kind, path, 0, (int64_t)(size_of_call)); \
        if (!verdict.error) return verdict.is_skipped ? 0 : real(__VA_ARGS__); \
        errno = verdict.error;                                               \
        return -1;                                                           \
    }
OF_DESCRIPTOR(ftruncate, FAULTY_TRUNCATE, size, (int descriptor, off_t size), descriptor, size)
OF_DESCRIPTOR(ftruncate64, FAULTY_TRUNCATE, size, (int descriptor, off64_t size), descriptor, size)
OF_DESCRIPTOR(fsync, FAULTY_SYNC, 0, (int descriptor), descriptor)
OF_DESCRIPTOR(fdatasync, FAULTY_SYNC, 0, (int descriptor), descriptor)

#define OF_PATH(name, kind, destination, parameters, ...)                    \
    int name parameters {                                                    \
        static int (*real) parameters;                                       \
        if (!real) real = REAL(name);                                        \
        if (!concerns(path)) return real(__VA_ARGS__);                       \
        faulty_verdict verdict = ask(kind, path, destination, 0);            \
        if (!verdict.error) return real(__VA_ARGS__);                        \
        errno = verdict.error;                                               \
        return -1;                                                           \
    }
OF_PATH(unlink, FAULTY_UNLINK, 0, (const char *path), path)
OF_PATH(rename, FAULTY_RENAME, destination, (const char *path, const char *destination), path, destination)
OF_PATH(mkdir, FAULTY_MAKE_DIRECTORY, 0, (const char *path, mode_t mode), path, mode)

#define OPEN(name)                                                           \
    int name(const char *path, int flags, ...) {                             \
        static int (*real)(const char *, int, ...);                          \
        if (!real) real = REAL(name);                                        \
        mode_t mode = 0;                                                     \
        if (flags & (O_CREAT | __O_TMPFILE)) {                               \
            va_list rest;                                                    \
            va_start(rest, flags);                                           \
            mode = va_arg(rest, mode_t);                                     \
            va_end(rest);                                                    \
        }                                                                    \
        if ((flags & O_CREAT) && concerns(path)) {                           \
            faulty_verdict verdict = ask(FAULTY_CREATE, path, 0, 0);         \
            if (verdict.error) {                                             \
                errno = verdict.error;                                       \
                return -1;                                                   \
            }                                                                \
        }                                                                    \
        return real(path, flags, mode);                                      \
    }
OPEN(open)
OPEN(open64)

#else

void faulty_files_watch(const char *folder, faulty_judge judge) {
    (void)folder;
    (void)judge;
}

#endif
