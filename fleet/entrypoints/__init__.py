# SPDX-License-Identifier: Apache-2.0
"""Each process of the controller, built by hand and run."""
