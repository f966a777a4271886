# SPDX-License-Identifier: Apache-2.0
"""Tables, sessions and migrations."""
