# SPDX-License-Identifier: Apache-2.0
"""What we claim about speed, runnable by anyone: `python -m benchmarks [suite ...]`. See docs/benchmarks.md."""
