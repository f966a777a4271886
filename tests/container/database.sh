#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Applies the role `database` over SSH to three containers of Debian trixie under systemd, twice; then kills the leader's.
# Fetched once under build/; then all is in a network space of its own, a bridge and nothing else, gone with the script.
#   database.sh [PYTHON]    PYTHON has the product and Ansible (default: .venv/bin/python)
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/container/root.sh
python=${1:-.venv/bin/python}
place=$PWD/build/database
base=ca-certificates,dbus,dpkg-dev,iproute2,libpam-systemd,openssh-server,procps,python3,python3-apt,python3-yaml,systemd,systemd-sysv,udev

may_boot
build_root "$place" "$base" database
nspawn="systemd-nspawn --quiet --register=no --keep-unit --machine=dipchip-database --directory=$place/root --volatile=overlay --bind-ro=$PWD:/srv/product:norbind"
wanted=$($nspawn --pipe --chdir=/srv/product python3 -B -m tests.container.packages database 2>/dev/null)
recipe=$(echo "$wanted" | cat - $here/fetch.sh | sha256sum)
if [ "$recipe" != "$(cat "$place/fetched.made" 2>/dev/null)" ]; then
  echo "Fetching what the role will install ..."
  rm -rf "$place/fetched"
  mkdir -p "$place/fetched"
  $nspawn --pipe --bind="$place/fetched:/fetched" --setenv=WHEELS=no /srv/product/$here/fetch.sh $wanted
  echo "$recipe" > "$place/fetched.made"
fi
rm -rf "$place/made"
mkdir -p "$place/made"
PYTHONDONTWRITEBYTECODE=1 exec unshare --net --pid --fork --kill-child --mount-proc "$python" -m tests.container.database "$place"
