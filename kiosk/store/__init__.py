# SPDX-License-Identifier: Apache-2.0
"""The kiosk's SQLite file, shared by the screen process and the courier."""
