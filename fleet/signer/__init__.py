# SPDX-License-Identifier: Apache-2.0
"""The only process that certifies kiosks."""
