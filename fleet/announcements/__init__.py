# SPDX-License-Identifier: Apache-2.0
"""Announcements: what the kiosks' welcome screens may show, who approved it, where and until when."""
