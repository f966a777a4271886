# SPDX-License-Identifier: Apache-2.0
"""The process that has the network and sees no person."""
