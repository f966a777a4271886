#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Applies the Ansible roles in a container of Debian trixie whose first process is systemd, and enrols somebody there.
# Built once under build/, then without a network: the container has loopback and nothing else. Needs root and a Debian;
# nothing outside build/ is changed, and what the container writes is gone with it.
#   run.sh [PYTHON]    PYTHON has pip and the product (default: .venv/bin/python)
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/container/root.sh
python=${1:-.venv/bin/python}
place=$PWD/build/container
base=ansible-core,ca-certificates,dbus,dpkg-dev,iproute2,libpam-systemd,procps,python3,python3-apt,systemd,systemd-sysv,udev
also="tmux vsmartcard-vpcd" # the person who is a program, and the reader that is one

may_boot
nspawn="systemd-nspawn --quiet --register=no --keep-unit --directory=$place/root --volatile=overlay"
nspawn="$nspawn --bind-ro=$PWD:/srv/product:norbind"

build_root "$place" "$base" lobby

wanted=$($nspawn --pipe --chdir=/srv/product python3 -B -m tests.container.packages 2>/dev/null)
recipe=$(echo "$wanted $also" | cat - requirements.lock $here/fetch.sh | sha256sum)
if [ "$recipe" != "$(cat "$place/fetched.made" 2>/dev/null)" ]; then
  echo "Fetching what the roles will install ..."
  rm -rf "$place/fetched"
  mkdir -p "$place/fetched"
  # Where this machine's pip looks, and whom it believes.
  certificates=/etc/ssl/certs/ca-certificates.crt
  index=$($python -m pip config get global.index-url 2>/dev/null || true)
  $nspawn --pipe --bind="$place/fetched:/fetched" --bind-ro=$certificates:/srv/certificates.crt \
    --setenv=PIP_CERT=/srv/certificates.crt ${index:+--setenv=PIP_INDEX_URL="$index"} \
    /srv/product/$here/fetch.sh $wanted $also
  echo "$recipe" > "$place/fetched.made"
fi

echo "Making the wheel and the fleet's folder ..."
rm -rf "$place/made"
mkdir -p "$place/made/dist"
$python -W ignore -m pip --disable-pip-version-check wheel -q --no-deps --no-build-isolation --wheel-dir "$place/made/dist" .
"$(dirname "$python")/dipchip-provision" fleet "$place/made/fleet" --installed --open-console --broker-host localhost --https-host localhost \
  --database-url sqlite:////var/lib/dipchip-fleet/fleet.db --idp-url http://127.0.0.1:8090 >/dev/null
$python -m tests.container.release keepers "$place/made/keepers"
touch "$place/made/said"

echo "Booting ..."
tail --follow --lines=+1 "$place/made/said" &
said=$!
# Whoever ends this script ends the container too.
trap 'kill $said ${container-} 2>/dev/null; wait ${container-} 2>/dev/null' EXIT
result=0
$nspawn --private-network --bind-ro="$place/fetched:/srv/fetched" --bind="$place/made:/srv/made" \
  --bind-ro="$PWD/$here/debian.list:/etc/apt/sources.list" --bind-ro="$PWD/$here/pip.conf:/etc/pip.conf" \
  --bind-ro="$PWD/$here/container-test.service:/etc/systemd/system/container-test.service" \
  --console=read-only --boot systemd.wants=container-test.service </dev/null >"$place/made/console" 2>&1 &
container=$!
wait $container || result=$?
sleep 1
exit $result
