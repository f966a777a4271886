# SPDX-License-Identifier: Apache-2.0
# Sourced by tests that run in a chroot of Debian trixie: build it once under build/, then enter it. Needs root and a
# Debian; nothing outside build/ is changed, and no mount outlives what runs there.

suite=trixie

# need PROGRAM...: install from Debian what is missing.
need() {
  local missing
  missing=$(for name in "$@"; do command -v "$name" >/dev/null || echo "$name"; done)
  [ -z "$missing" ] && return
  echo "Installing from Debian:" $missing
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# build_chroot PLACE PACKAGES LOCK PYTHON: PLACE/root with Debian's packages, PLACE/site with what LOCK pins by hash for
# the chroot's Python; PYTHON has pip. Each is built anew only when what it is made of has changed.
build_chroot() {
  local place=$1 packages=$2 lock=$3 python=$4 mirror version platforms
  mkdir -p "$place"
  if [ "$suite $packages" != "$(cat "$place/root.made" 2>/dev/null)" ]; then
    need mmdebstrap
    echo "Building a chroot of Debian $suite ..."
    rm -rf --one-file-system "$place/root" "$place/site.made"
    # It comes from where this machine's apt gets Debian; mmdebstrap knows where to look when that is nowhere.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | sed -n 1p)
    mmdebstrap --quiet --variant=minbase --include="$packages" \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      $suite "$place/root" ${mirror:+"$mirror"}
    echo "$suite $packages" > "$place/root.made"
  fi
  if ! cmp -s "$lock" "$place/site.made"; then
    echo "Fetching Python packages for it ..."
    rm -rf "$place/site"
    version=$(chroot "$place/root" python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    platforms=$(for glibc in manylinux_2_28 manylinux_2_17 manylinux2014; do echo "--platform ${glibc}_$(uname -m)"; done)
    $python -W ignore -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes --only-binary=:all: \
      --target "$place/site" --python-version "$version" --implementation cp --abi "cp${version/./}" --abi abi3 --abi none \
      $platforms -r "$lock"
    cp "$lock" "$place/site.made"
  fi
}

# enter_chroot PLACE OUT COMMAND...: run in the chroot with a mount and process space of its own, so that everything is
# gone with it. The product lies at /opt/dipchip, read only; OUT is /out.
enter_chroot() {
  exec unshare --mount --pid --fork --kill-child bash -euc '
    root=$1/root site=$1/site out=$2
    shift 2
    mount --make-rprivate /
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir "$root/dev/shm" "$root/dev/pts"
    for name in null zero full random urandom tty; do
      touch "$root/dev/$name"
      mount --bind "/dev/$name" "$root/dev/$name"
    done
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mkdir -p "$root/opt/site" "$root/opt/dipchip" "$root/out"
    for folder in dev/shm run tmp; do mount -t tmpfs tmpfs "$root/$folder"; done
    mount --bind -o ro "$site" "$root/opt/site"
    mount --bind -o ro . "$root/opt/dipchip"
    mount --bind "$out" "$root/out"
    exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 TERM=xterm-256color XDG_RUNTIME_DIR=/run \
      PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/dipchip:/opt/site "$@"
  ' enter_chroot "$@"
}
