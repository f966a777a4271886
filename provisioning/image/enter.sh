#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# enter.sh ROOT COMMAND...: run a command while ROOT has /proc, /sys, /dev and an empty /run; every mount is gone with it.
# With MAKER, a root of this machine's own processor, ROOT has its Python too, as /run/python: ten times as quick there as
# one that is emulated, and gone with /run.
set -eu
exec unshare --mount --pid --fork --kill-child sh -euc '
  root=$1
  shift
  mount --make-rprivate /
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  if [ -n "${MAKER:-}" ]; then
    mkdir "$root/run/maker"
    mount --bind "$MAKER" "$root/run/maker"
    {
      echo "#!/bin/sh"
      echo "exec /run/maker/lib64/ld-linux-$(uname -m | tr _ -).so.2 --library-path /run/maker/usr/lib/$(uname -m)-linux-gnu \\"
      echo "  /run/maker/usr/bin/python3 \"\$@\""
    } >"$root/run/python"
    chmod 755 "$root/run/python"
  fi
  exec "$@"
' enter "$@"
