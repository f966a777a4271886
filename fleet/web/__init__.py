# SPDX-License-Identifier: Apache-2.0
"""The console: server-rendered pages and the JSON beside them."""
