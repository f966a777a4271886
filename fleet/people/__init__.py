# SPDX-License-Identifier: Apache-2.0
"""Population registers and rosters from spreadsheets."""
