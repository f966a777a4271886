# SPDX-License-Identifier: Apache-2.0
"""The controller: verifies, commits, receipts, counts."""
