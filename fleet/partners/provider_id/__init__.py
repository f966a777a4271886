# SPDX-License-Identifier: Apache-2.0
"""The office that gives members of staff a Provider ID."""
