/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libudev inside pcscd: readers come and go by lines in a pipe instead of by the kernel.
 *
 * A line is '+' or '-', four hex digits of a product, and a newline. It knows nothing but USB interfaces of one made-up
 * vendor, and only the functions that pcscd 1.9 calls (src/hotplug_libudev.c). What stood on the bus before: nothing.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE 6
#define PRODUCT_SIZE 4

struct udev_device {
	char change;
	char product[PRODUCT_SIZE + 1];
};

static char something; /* pcscd only asks whether these objects are there */
static int pipe_fd = -1;

void *udev_new(void) { return &something; }
void *udev_unref(void *udev) { (void)udev; return NULL; }

void *udev_monitor_new_from_netlink(void *udev, const char *name)
{
	(void)udev; (void)name;
	/* Open for both ways, so that it never ends. */
	pipe_fd = open(getenv("USB_BUS"), O_RDWR | O_CLOEXEC);
	return pipe_fd < 0 ? NULL : &something;
}

int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *subsystem, const char *type)
{
	(void)monitor; (void)subsystem; (void)type;
	return 0;
}

int udev_monitor_enable_receiving(void *monitor) { (void)monitor; return 0; }
int udev_monitor_get_fd(void *monitor) { (void)monitor; return pipe_fd; }

struct udev_device *udev_monitor_receive_device(void *monitor)
{
	char line[LINE_SIZE];
	struct udev_device *device;

	(void)monitor;
	if (read(pipe_fd, line, LINE_SIZE) != LINE_SIZE)
		return NULL;
	device = calloc(1, sizeof *device);
	if (device) {
		device->change = line[0];
		memcpy(device->product, line + 1, PRODUCT_SIZE);
	}
	return device;
}

void *udev_enumerate_new(void *udev) { (void)udev; return &something; }
void *udev_enumerate_unref(void *enumerate) { (void)enumerate; return NULL; }
int udev_enumerate_add_match_subsystem(void *enumerate, const char *name) { (void)enumerate; (void)name; return 0; }
int udev_enumerate_scan_devices(void *enumerate) { (void)enumerate; return 0; }
void *udev_enumerate_get_list_entry(void *enumerate) { (void)enumerate; return NULL; }
void *udev_list_entry_get_next(void *entry) { (void)entry; return NULL; }
const char *udev_list_entry_get_name(void *entry) { (void)entry; return NULL; }
struct udev_device *udev_device_new_from_syspath(void *udev, const char *path) { (void)udev; (void)path; return NULL; }

struct udev_device *udev_device_unref(struct udev_device *device) { free(device); return NULL; }
const char *udev_device_get_action(struct udev_device *device) { return device->change == '+' ? "add" : "remove"; }
const char *udev_device_get_sysname(struct udev_device *device) { return device->product; }
const char *udev_device_get_devnode(struct udev_device *device) { (void)device; return "/dev/null"; }

struct udev_device *udev_device_get_parent_with_subsystem_devtype(
	struct udev_device *device, const char *subsystem, const char *type)
{
	(void)subsystem; (void)type;
	return device;
}

const char *udev_device_get_sysattr_value(struct udev_device *device, const char *name)
{
	if (strcmp(name, "idVendor") == 0)
		return VENDOR;
	return strcmp(name, "idProduct") == 0 ? device->product : NULL;
}
