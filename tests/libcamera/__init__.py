# SPDX-License-Identifier: Apache-2.0
"""The Pi's camera adapter on the real picamera2 and libcamera, in a chroot of Debian trixie: `make camera-test`."""
