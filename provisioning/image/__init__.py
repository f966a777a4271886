# SPDX-License-Identifier: Apache-2.0
"""The SD-card image of a kiosk, built from a declaration: `make image`. See docs/adr/0047."""
