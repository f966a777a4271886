#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the Pi's camera adapter on the real picamera2 and libcamera, in a chroot of Debian trixie that is built once
# under build/. Needs root and a Debian; nothing outside build/ is changed, and no mount outlives it.
#   run.sh [PYTHON]    PYTHON has pip (default: .venv/bin/python)
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${1:-.venv/bin/python}
here=tests/libcamera
place=build/libcamera

suite=trixie
packages=python3,python3-libcamera,python3-numpy,python3-pil,python3-piexif,python3-prctl,libgl1,libglib2.0-0

[ "$(id -u)" = 0 ] || { echo "camera-test needs root: it builds a chroot and mounts in it." >&2; exit 2; }
missing=$(for name in gcc mmdebstrap; do command -v $name >/dev/null || echo $name; done)
if [ -n "$missing" ]; then
  echo "Installing from Debian:" $missing
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# The chroot comes from where this machine's apt gets Debian; mmdebstrap knows where to look when that is nowhere.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main' | sed -n 1p)
recipe=$(echo "$suite $packages" | cat - $here/requirements.lock | sha256sum)
if [ "$recipe" != "$(cat $place/recipe 2>/dev/null)" ]; then
  echo "Building a chroot of Debian $suite with libcamera ..."
  rm -rf $place
  mkdir -p $place/site
  mmdebstrap --quiet --variant=minbase --include=$packages \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    $suite $place/root ${mirror:+"$mirror"}
  echo "Fetching picamera2 and OpenCV for its Python ..."
  version=$(chroot $place/root python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')
  platforms=$(for glibc in manylinux_2_28 manylinux_2_17 manylinux2014; do echo "--platform ${glibc}_$(uname -m)"; done)
  $python -W ignore -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes --only-binary=:all: \
    --target $place/site --python-version "$version" --implementation cp --abi "cp${version/./}" --abi abi3 --abi none \
    $platforms -r $here/requirements.lock
  echo "$recipe" > $place/recipe
fi

root=$place/root
gcc -Wall -Werror -O1 -shared -fPIC -o $root/opt/dmabuf.so $here/dmabuf.c
install -D -m 644 $here/virtual.yaml $root/usr/share/libcamera/pipeline/virtual/virtual.yaml
mkdir -p $root/opt/{site,dipchip} $root/scene

# A mount and process space of its own, so that everything is gone with it.
exec unshare --mount --pid --fork --kill-child bash -euc '
  root=$1
  mount --make-rprivate /
  mount -t proc proc "$root/proc"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  mkdir "$root/dev/shm"
  for name in null zero full random urandom; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
  done
  for folder in dev/shm run scene tmp; do mount -t tmpfs tmpfs "$root/$folder"; done
  mount --bind -o ro "$2" "$root/opt/site"
  mount --bind -o ro . "$root/opt/dipchip"
  exec chroot "$root" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/opt/dipchip:/opt/site LD_PRELOAD=/opt/dmabuf.so LIBCAMERA_LOG_LEVELS="*:ERROR" \
    python3 -m tests.libcamera.harness
' camera-test $root $place/site
