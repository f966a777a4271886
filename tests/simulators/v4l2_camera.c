// SPDX-License-Identifier: Apache-2.0
// Stands in for the kernel's driver of a USB camera in a process that preloads it: YUYV, 640x480, thirty frames a
// second, streamed through mapped memory. Which file is the device is told by V4L2_CAMERA; its first byte is what the
// camera does now: 'l'ive, 's'ilent (no frame comes), 't'he same frame for ever, 'r'epeats its recording without noise,
// 'b'lack, 'g'one. What it looks at are the raw frames in V4L2_SCENE. Source: the kernel's videodev2.h.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 480, BYTES = WIDTH * HEIGHT * 2, BUFFERS = 4, FRAME_NS = 33333333, NOISE = 3, MIDDLE = 128 };

static int device = -1, scene = -1;
static uint8_t *buffers[BUFFERS];
static uint8_t queued[BUFFERS];
static unsigned wanted, taken, counted;
static uint32_t chance = 1;
static char last = 'l';

static char mood(void) {
    char now = 'g';
    int state = (int)syscall(SYS_openat, AT_FDCWD, getenv("V4L2_CAMERA"), O_RDONLY, 0);
    if (state >= 0) {
        if (read(state, &now, 1) != 1) now = 'l';
        close(state);
    }
    return now;
}

static void beat(long every_ns) {
    struct itimerspec pace = {{0, every_ns}, {0, every_ns}};
    timerfd_settime(device, 0, &pace, NULL);
}

static int opened(const char *path, int flags, mode_t mode) {
    const char *ours = getenv("V4L2_CAMERA");
    if (!ours || !path || strcmp(path, ours) || !(flags & O_RDWR)) return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (device >= 0) { errno = EBUSY; return -1; }
    scene = (int)syscall(SYS_openat, AT_FDCWD, getenv("V4L2_SCENE"), O_RDONLY, 0);
    device = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    beat(FRAME_NS);
    return device;
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

int close(int descriptor) {
    if (descriptor == device && device >= 0) {
        device = -1;
        syscall(SYS_close, scene);
    }
    return (int)syscall(SYS_close, descriptor);
}

static void *mapped(void *at, size_t length, int rights, int how, int descriptor, off64_t offset) {
    if (descriptor != device || device < 0) return (void *)syscall(SYS_mmap, at, length, rights, how, descriptor, offset);
    unsigned index = (unsigned)(offset / BYTES) % BUFFERS;
    buffers[index] = (void *)syscall(SYS_mmap, NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return buffers[index];
}

void *mmap(void *at, size_t length, int rights, int how, int descriptor, off_t offset) {
    return mapped(at, length, rights, how, descriptor, offset);
}

void *mmap64(void *at, size_t length, int rights, int how, int descriptor, off64_t offset) {
    return mapped(at, length, rights, how, descriptor, offset);
}

static void describe(struct v4l2_format *format) {
    format->fmt.pix = (struct v4l2_pix_format){.width = WIDTH, .height = HEIGHT, .pixelformat = V4L2_PIX_FMT_YUYV,
        .field = V4L2_FIELD_NONE, .bytesperline = WIDTH * 2, .sizeimage = BYTES, .colorspace = V4L2_COLORSPACE_SRGB};
}

static void expose(uint8_t *frame, char now) {
    struct stat found;
    unsigned frames = fstat(scene, &found) ? 0 : (unsigned)(found.st_size / BYTES);
    unsigned which = now == 't' || !frames ? 0 : taken % frames;
    if (pread(scene, frame, BYTES, (off_t)which * BYTES) != BYTES || now == 'b')
        for (unsigned at = 0; at < BYTES; at++) frame[at] = at % 2 ? MIDDLE : 0;
    if (now != 'l') return;
    for (unsigned at = 0; at < BYTES; at += 2) {  // luma: a sensor is never quite still
        chance = chance * 1664525u + 1013904223u;
        frame[at] = (uint8_t)(frame[at] / 2 + MIDDLE / 4 + (chance >> 24) % NOISE);
    }
}

static int dequeue(struct v4l2_buffer *buffer) {
    uint64_t beats;
    char now = mood();
    if (now == 'g') { errno = ENODEV; return -1; }
    if (now != last) beat(now == 's' ? 0 : FRAME_NS);  // a silent camera never becomes readable
    last = now;
    if (now == 's' || read(device, &beats, sizeof beats) < 0) { errno = EAGAIN; return -1; }
    for (unsigned index = 0; index < wanted; index++) {
        if (!queued[index] || !buffers[index]) continue;
        expose(buffers[index], now);
        taken++;
        queued[index] = 0;
        buffer->index = index;
        buffer->bytesused = buffer->length = BYTES;
        buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
        buffer->sequence = counted++;
        return 0;
    }
    errno = EAGAIN;
    return -1;
}

static int asked(unsigned long request, void *answer) {
    switch (request) {
    case VIDIOC_QUERYCAP: {
        struct v4l2_capability *can = answer;
        memset(can, 0, sizeof *can);
        strcpy((char *)can->driver, "uvcvideo");
        strcpy((char *)can->card, "Stand-in camera");
        can->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING | V4L2_CAP_DEVICE_CAPS;
        can->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
        return 0;
    }
    case VIDIOC_G_INPUT: *(int *)answer = 0; return 0;
    case VIDIOC_S_INPUT: return 0;
    case VIDIOC_ENUMINPUT: {
        struct v4l2_input *input = answer;
        if (input->index) break;
        input->type = V4L2_INPUT_TYPE_CAMERA;
        return 0;
    }
    case VIDIOC_G_FMT: case VIDIOC_S_FMT: case VIDIOC_TRY_FMT: describe(answer); return 0;
    case VIDIOC_G_PARM: case VIDIOC_S_PARM: {
        struct v4l2_streamparm *pace = answer;
        pace->parm.capture = (struct v4l2_captureparm){.capability = V4L2_CAP_TIMEPERFRAME, .timeperframe = {1, 30}};
        return 0;
    }
    case VIDIOC_REQBUFS: {
        struct v4l2_requestbuffers *ask = answer;
        if (ask->count > BUFFERS) ask->count = BUFFERS;
        wanted = ask->count;
        memset(queued, 0, sizeof queued);
        return 0;
    }
    case VIDIOC_QUERYBUF: {
        struct v4l2_buffer *buffer = answer;
        if (buffer->index >= wanted) break;
        buffer->length = BYTES;
        buffer->m.offset = buffer->index * BYTES;
        return 0;
    }
    case VIDIOC_QBUF: {
        struct v4l2_buffer *buffer = answer;
        if (buffer->index >= wanted) break;
        queued[buffer->index] = 1;
        return 0;
    }
    case VIDIOC_DQBUF: return dequeue(answer);
    case VIDIOC_STREAMON: return 0;
    case VIDIOC_STREAMOFF: memset(queued, 0, sizeof queued); return 0;
    }
    errno = EINVAL;  // every control is optional
    return -1;
}

int ioctl(int descriptor, unsigned long request, ...) {
    va_list more;
    va_start(more, request);
    void *answer = va_arg(more, void *);
    va_end(more);
    if (descriptor != device || device < 0) return (int)syscall(SYS_ioctl, descriptor, request, answer);
    if (mood() == 'g') { errno = ENODEV; return -1; }
    return asked((unsigned)request, answer);
}
