# SPDX-License-Identifier: Apache-2.0
"""What runs on a kiosk itself to become one of the fleet's and to stay one."""
