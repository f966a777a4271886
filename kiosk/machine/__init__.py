# SPDX-License-Identifier: Apache-2.0
"""What the kernel tells of the machine that a kiosk is, for technicians."""
