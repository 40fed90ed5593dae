// A disk that is full as long as the file is there that FULL_DISK names: preloaded, what would write data files fails.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int full(void)
{
    const char *file = getenv("FULL_DISK");
    return file && access(file, F_OK) == 0;
}

#define REAL(type, name, parameters) ((type (*) parameters) dlsym(RTLD_NEXT, #name))

#define WRITES(name, parameters, arguments)                     \
    ssize_t name parameters                                     \
    {                                                           \
        if (full()) {                                           \
            errno = ENOSPC;                                     \
            return -1;                                          \
        }                                                       \
        return REAL(ssize_t, name, parameters) arguments;       \
    }

#define RESERVES(name, parameters, arguments)                   \
    int name parameters                                         \
    {                                                           \
        return full() ? ENOSPC : REAL(int, name, parameters) arguments; \
    }

WRITES(pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
WRITES(pwrite64, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
WRITES(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
WRITES(pwritev64, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
RESERVES(posix_fallocate, (int fd, off_t at, off_t size), (fd, at, size))
RESERVES(posix_fallocate64, (int fd, off_t at, off_t size), (fd, at, size))
