/* SPDX-License-Identifier: Apache-2.0 */
/* A driver for pcscd that makes vpcd's virtual reader a USB device: the product's number is the port of its card.
 *
 * Everything else is vpcd's, from the copy that lies beside this library: vpcd keeps its cards in one table for all
 * readers of a library, so each reader needs its own. An answer of a single byte, which no card can give, is a card
 * that stays mute.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include <ifdhandler.h>

#define MUTE_SIZE 1

static void *vpcd;

/* Load the copy that lies beside this library. */
__attribute__((constructor)) static void load(void)
{
	char here[PATH_MAX], path[PATH_MAX];
	Dl_info info;

	if (!dladdr((void *)load, &info))
		return;
	snprintf(here, sizeof here, "%s", info.dli_fname);
	if (snprintf(path, sizeof path, "%s/libifdvpcd.so", dirname(here)) < (int)sizeof path)
		vpcd = dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static void *function(const char *name)
{
	return vpcd ? dlsym(vpcd, name) : NULL;
}

#define FORWARD(name, parameters, arguments) \
	RESPONSECODE name parameters \
	{ \
		RESPONSECODE (*real) parameters = function(#name); \
		return real ? real arguments : IFD_NO_SUCH_DEVICE; \
	}

FORWARD(IFDHCreateChannel, (DWORD Lun, DWORD Channel), (Lun, Channel))
FORWARD(IFDHCloseChannel, (DWORD Lun), (Lun))
FORWARD(IFDHGetCapabilities, (DWORD Lun, DWORD Tag, PDWORD Length, PUCHAR Value), (Lun, Tag, Length, Value))
FORWARD(IFDHSetCapabilities, (DWORD Lun, DWORD Tag, DWORD Length, PUCHAR Value), (Lun, Tag, Length, Value))
FORWARD(IFDHSetProtocolParameters, (DWORD Lun, DWORD Protocol, UCHAR Flags, UCHAR PTS1, UCHAR PTS2, UCHAR PTS3),
	(Lun, Protocol, Flags, PTS1, PTS2, PTS3))
FORWARD(IFDHPowerICC, (DWORD Lun, DWORD Action, PUCHAR Atr, PDWORD AtrLength), (Lun, Action, Atr, AtrLength))
FORWARD(IFDHICCPresence, (DWORD Lun), (Lun))
FORWARD(IFDHControl, (DWORD Lun, DWORD Code, PUCHAR Tx, DWORD TxLength, PUCHAR Rx, DWORD RxLength, LPDWORD Returned),
	(Lun, Code, Tx, TxLength, Rx, RxLength, Returned))

/* pcscd names the device "usb:<vendor>/<product>:libudev:<interface>:<node>". */
RESPONSECODE IFDHCreateChannelByName(DWORD Lun, LPSTR DeviceName)
{
	unsigned int port;

	if (sscanf(DeviceName, "usb:%*x/%x", &port) != 1)
		return IFD_NO_SUCH_DEVICE;
	return IFDHCreateChannel(Lun, port);
}

RESPONSECODE IFDHTransmitToICC(DWORD Lun, SCARD_IO_HEADER SendPci, PUCHAR TxBuffer, DWORD TxLength, PUCHAR RxBuffer,
	PDWORD RxLength, PSCARD_IO_HEADER RecvPci)
{
	RESPONSECODE (*real)(DWORD, SCARD_IO_HEADER, PUCHAR, DWORD, PUCHAR, PDWORD, PSCARD_IO_HEADER);
	RESPONSECODE code;

	real = function("IFDHTransmitToICC");
	if (!real)
		return IFD_NO_SUCH_DEVICE;
	code = real(Lun, SendPci, TxBuffer, TxLength, RxBuffer, RxLength, RecvPci);
	if (code == IFD_SUCCESS && *RxLength == MUTE_SIZE) {
		*RxLength = 0;
		return IFD_RESPONSE_TIMEOUT;
	}
	return code;
}
