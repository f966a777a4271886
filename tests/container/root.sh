# SPDX-License-Identifier: Apache-2.0
# Sourced by the tests that boot containers: a root of Debian under build/, made once, and what is fetched for it.
. tests/chroot.sh
here=tests/container

# may_boot: this machine can boot a container, or the script ends.
may_boot() {
  [ "$(id -u)" = 0 ] || { echo "It needs root: it boots a container." >&2; exit 2; }
  [ -d /sys/fs/cgroup ] || { echo "It needs control groups: this machine has none mounted." >&2; exit 2; }
  need mmdebstrap
  command -v systemd-nspawn >/dev/null || need systemd-container
}

# build_root PLACE PACKAGES HOSTNAME: PLACE/root, anew only when what it is made of has changed.
build_root() {
  local place=$1 packages=$2 mirror
  mkdir -p "$place"
  [ "$suite $packages" != "$(cat "$place/root.made" 2>/dev/null)" ] || return 0
  echo "Building a root of Debian $suite with systemd ..."
  rm -rf --one-file-system "$place/root" "$place/fetched.made"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | sed -n 1p)
  mmdebstrap --quiet --variant=apt --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    $suite "$place/root" ${mirror:+"$mirror"}
  echo "$3" > "$place/root/etc/hostname"
  mkdir -p "$place/root"/srv/{product,fetched,work} "$place/root/fetched"
  echo "$suite $packages" > "$place/root.made"
}
