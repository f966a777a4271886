# SPDX-License-Identifier: Apache-2.0
"""The heart: one session, knowing no device, screen, network, SQL or cryptography."""
