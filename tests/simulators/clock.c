// SPDX-License-Identifier: Apache-2.0
// A clock that its kernel calls synchronized, for whoever is preloaded with this: a test's machine has no time server.
#include <sys/timex.h>

int adjtimex(struct timex *told)
{
    told->maxerror = 20000;  // microseconds
    return TIME_OK;
}
