#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Drives the screens by touch in the terminal of a kiosk: foot under cage, in a chroot of Debian trixie that is built once
# under build/. Needs root and a Debian; nothing outside build/ is changed.
#   run.sh [PYTHON]    PYTHON has pip (default: .venv/bin/python)
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/chroot.sh
packages=python3,python3-pil,python3-yaml,cage,foot,grim,fontconfig,fonts-tlwg-mono-ttf,libsixel1,umockdev,wlr-randr

[ "$(id -u)" = 0 ] || { echo "terminal-test needs root: it builds a chroot and mounts in it." >&2; exit 2; }
build_chroot build/foot "$packages" tests/foot/requirements.lock "${1:-.venv/bin/python}"
mkdir -p build/foot/out
enter_chroot "$PWD/build/foot" "$PWD/build/foot/out" python3 -m tests.foot.harness
