/* SPDX-License-Identifier: Apache-2.0 */
/* Stands between a process and one folder: writes down what changes its files, and fails a chosen call.
 *
 * Preloaded into a Python whose SQLite is the system's own, so that SQLite's code for real disks runs unchanged. It knows
 * the calls that libsqlite3 makes (nm -D); whoever reads the record compares it with the folder, and so learns of any other.
 * One thread. A record is a header, then the bytes that were written or the file's name; see disk.py.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define FDS 1024
#define SECTOR 512
#define EXPORTED __attribute__((visibility("default")))

enum { NOT_OURS, A_FILE, THE_FOLDER };
enum { NOTHING_KEPT, HALF_KEPT, ALL_KEPT };      /* of the call that fails */
enum { ONCE, CHANGES_ONWARD, EVERYTHING_ONWARD }; /* what fails after it */
enum { A_READ, A_CHANGE };

struct header {
	uint8_t kind;
	uint8_t failed;
	uint16_t fd;
	uint32_t size;
	int64_t offset;
};

static char folder[4096];
static size_t folder_size;
static int record_fd = -1;
static char ours[FDS];

static struct {
	int64_t at; /* the call that fails, counted from 1; 0 for none */
	int of;     /* what is counted: reads or changes */
	int error;
	int kept;
	int onward;
	int64_t seen;
	int happened;
} fault;

static void note(char kind, int failed, int fd, int64_t offset, const void *bytes, size_t size)
{
	struct header header = {kind, failed, fd, size, offset};

	if (record_fd < 0)
		return;
	if (syscall(SYS_write, record_fd, &header, sizeof header) != sizeof header
	    || (size && syscall(SYS_write, record_fd, bytes, size) != (ssize_t)size))
		_exit(70); /* a record with a hole would prove anything */
}

/* Whether this call fails, with `errno` told; `kept` is how much of it happens all the same. */
static int fails(int what, int *kept)
{
	if (fault.happened) {
		if (fault.onward == ONCE || (fault.onward == CHANGES_ONWARD && what == A_READ))
			return 0;
		*kept = NOTHING_KEPT;
	} else {
		if (!fault.at || what != fault.of || ++fault.seen != fault.at)
			return 0;
		fault.happened = 1;
		*kept = fault.kept;
	}
	errno = fault.error;
	return 1;
}

static const char *name_in_folder(const char *path)
{
	const char *name = path + folder_size + 1;

	if (!folder_size || strncmp(path, folder, folder_size) != 0 || path[folder_size] != '/')
		return NULL;
	/* What readers of a write-ahead log share is rebuilt after a power cut, whatever it holds. */
	if (strlen(name) > 4 && strcmp(name + strlen(name) - 4, "-shm") == 0)
		return NULL;
	return name;
}

static int kind_of(int fd) { return fd >= 0 && fd < FDS ? ours[fd] : NOT_OURS; }

EXPORTED int disk_watch(const char *path, const char *record)
{
	strncpy(folder, path, sizeof folder - 1);
	folder_size = strlen(folder);
	memset(ours, NOT_OURS, sizeof ours);
	record_fd = *record ? syscall(SYS_openat, AT_FDCWD, record, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600) : -1;
	return *record && record_fd < 0 ? -1 : 0;
}

EXPORTED void disk_rest(void)
{
	if (record_fd >= 0)
		syscall(SYS_close, record_fd);
	record_fd = -1;
	folder_size = 0;
	memset(ours, NOT_OURS, sizeof ours);
	memset(&fault, 0, sizeof fault);
}

EXPORTED void disk_mark(int64_t number) { note('m', 0, 0, number, NULL, 0); }

EXPORTED void disk_fail(int64_t at, int of, int error, int kept, int onward)
{
	memset(&fault, 0, sizeof fault);
	fault.at = at;
	fault.of = of;
	fault.error = error;
	fault.kept = kept;
	fault.onward = onward;
}

EXPORTED int disk_failed(void) { return fault.happened; }

EXPORTED int close(int fd)
{
	if (kind_of(fd))
		ours[fd] = NOT_OURS;
	return syscall(SYS_close, fd);
}

EXPORTED int open64(const char *path, int flags, ...)
{
	const char *name = name_in_folder(path);
	int is_folder = folder_size && strcmp(path, folder) == 0;
	int is_new, failed, kept = ALL_KEPT, fd;
	struct stat seen;
	mode_t mode = 0;
	va_list rest;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(rest, flags);
		mode = va_arg(rest, mode_t);
		va_end(rest);
	}
	is_new = name && (flags & O_CREAT) && lstat(path, &seen) != 0;
	failed = (name || is_folder) && fails(is_new ? A_CHANGE : A_READ, &kept);
	if (failed && !(is_new && kept == ALL_KEPT))
		return -1;
	fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (fd < 0 || (!name && !is_folder))
		return fd;
	if (fd >= FDS)
		_exit(71);
	ours[fd] = is_folder ? THE_FOLDER : A_FILE;
	if (is_folder)
		note('d', 0, fd, 0, NULL, 0);
	else
		note('o', 0, fd, is_new, name, strlen(name));
	if (failed) {
		close(fd);
		errno = fault.error;
		return -1;
	}
	return fd;
}

EXPORTED int open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list rest;

	va_start(rest, flags);
	mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return open64(path, flags, mode);
}

EXPORTED ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
	int kept = ALL_KEPT, failed;
	ssize_t written = 0;

	if (!kind_of(fd))
		return syscall(SYS_pwrite64, fd, bytes, size, offset);
	failed = fails(A_CHANGE, &kept);
	if (failed && kept == HALF_KEPT)
		size = size / 2 / SECTOR * SECTOR;
	if (!failed || (kept != NOTHING_KEPT && size)) {
		written = syscall(SYS_pwrite64, fd, bytes, size, offset);
		if (written > 0)
			note('w', 0, fd, offset, bytes, written);
	}
	if (!failed)
		return written;
	errno = fault.error;
	return -1;
}

EXPORTED ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
	return pwrite64(fd, bytes, size, offset);
}

EXPORTED ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset)
{
	int kept;

	return kind_of(fd) && fails(A_READ, &kept) ? -1 : syscall(SYS_pread64, fd, bytes, size, offset);
}

EXPORTED ssize_t pread(int fd, void *bytes, size_t size, off_t offset) { return pread64(fd, bytes, size, offset); }

EXPORTED int ftruncate64(int fd, off64_t size)
{
	int kept = ALL_KEPT, failed = kind_of(fd) && fails(A_CHANGE, &kept), result = 0;

	if (!failed || kept == ALL_KEPT) {
		result = syscall(SYS_ftruncate, fd, size);
		if (result == 0 && kind_of(fd))
			note('t', 0, fd, size, NULL, 0);
	}
	if (!failed)
		return result;
	errno = fault.error;
	return -1;
}

EXPORTED int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

/* A sync that failed is written down too: what it was to keep is then neither safe nor waiting to be. */
static int synced(long number, int fd)
{
	int kept = ALL_KEPT, failed = kind_of(fd) && fails(A_CHANGE, &kept), result = 0;

	if (!failed || kept == ALL_KEPT)
		result = syscall(number, fd);
	if (kind_of(fd))
		note('s', result != 0 || kept != ALL_KEPT, fd, 0, NULL, 0);
	if (!failed)
		return result;
	errno = fault.error;
	return -1;
}

EXPORTED int fsync(int fd) { return synced(SYS_fsync, fd); }
EXPORTED int fdatasync(int fd) { return synced(SYS_fdatasync, fd); }

EXPORTED int unlink(const char *path)
{
	const char *name = name_in_folder(path);
	int kept = ALL_KEPT, failed = name && fails(A_CHANGE, &kept), result = 0;

	if (!failed || kept == ALL_KEPT) {
		result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
		if (result == 0 && name)
			note('u', 0, 0, 0, name, strlen(name));
	}
	if (!failed)
		return result;
	errno = fault.error;
	return -1;
}

/* A disk that stays full says so when it is asked. */
EXPORTED int statvfs(const char *path, struct statvfs *told)
{
	static int (*real)(const char *, struct statvfs *);

	if (!real)
		real = (int (*)(const char *, struct statvfs *))dlsym(RTLD_NEXT, "statvfs");
	if (real(path, told) != 0)
		return -1;
	if (fault.happened && fault.error == ENOSPC && fault.onward != ONCE)
		told->f_bavail = told->f_bfree = 0;
	return 0;
}

EXPORTED int statvfs64(const char *path, struct statvfs64 *told) { return statvfs(path, (struct statvfs *)told); }
