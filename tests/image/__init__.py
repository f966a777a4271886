# SPDX-License-Identifier: Apache-2.0
"""The SD-card image, booted by a stand-in for the board: `make image-boot`; and its declaration, in `make test`."""
