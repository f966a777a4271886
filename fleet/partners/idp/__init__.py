# SPDX-License-Identifier: Apache-2.0
"""The identity provider that issues a Health ID."""
