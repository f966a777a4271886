#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs in the container's root with a network, once: fetches into /fetched what the roles will install without one.
#   fetch.sh PACKAGE...    Debian's packages, with what they need and recommend; with WHEELS=no nothing for Python
set -eu
export DEBIAN_FRONTEND=noninteractive
options="-qq -o Dir::Cache::archives=/fetched/debian -o APT::Keep-Downloaded-Packages=true"
mkdir -p /fetched/debian/partial /fetched/python
apt-get -qq update
apt-get install -y $options --download-only "$@" >/dev/null
rm -rf /fetched/debian/partial /fetched/debian/lock
cd /fetched/debian
dpkg-scanpackages --multiversion . >Packages 2>/dev/null
[ "${WHEELS-}" != no ] || exit 0

apt-get install -y $options python3-venv python3-dev gcc g++ libpcsclite-dev >/dev/null
python3 -m venv /tmp/venv
pip="/tmp/venv/bin/pip --quiet --disable-pip-version-check download --dest /fetched/python"
$pip --no-deps --require-hashes -r /srv/product/requirements.lock
# What builds the two that have no wheel, where pip makes a room of its own for it.
$pip setuptools wheel swig
rm -rf /fetched/debian/partial /fetched/debian/lock
