// SPDX-License-Identifier: Apache-2.0
// Stands in for /dev/udmabuf, which not every kernel has: libcamera's virtual camera asks it to turn shared memory into
// a DMA buffer. Here the buffer stays the shared memory that it is, and syncing it is no work. Preloaded.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/udmabuf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int opened(const char *path, int flags, mode_t mode) {
    if (path && !strcmp(path, "/dev/udmabuf")) path = "/dev/null";
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    mode_t mode = va_arg(more, mode_t);
    va_end(more);
    return opened(path, flags | O_LARGEFILE, mode);
}

int ioctl(int descriptor, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *argument = va_arg(more, void *);
    va_end(more);
    if (request == UDMABUF_CREATE) return dup((int)((struct udmabuf_create *)argument)->memfd);
    if (request == DMA_BUF_IOCTL_SYNC || request == DMA_BUF_SET_NAME_A || request == DMA_BUF_SET_NAME_B) return 0;
    return (int)syscall(SYS_ioctl, descriptor, request, argument);
}
