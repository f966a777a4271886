# SPDX-License-Identifier: Apache-2.0
"""Who may look at the console and ask the API: accounts, how they sign in, their sessions and tokens."""
