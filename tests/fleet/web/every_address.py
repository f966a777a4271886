# SPDX-License-Identifier: Apache-2.0
"""One address of every route that can be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apiflask import APIFlask

FILLED = {
    "<path:filename>": "console.css",
    "<code>": "41",
    "<name>": "udon-01",
    "<int:number>": "1",
    "<kind>.<ending>": "official.xlsx",
    "<ending>": "xlsx",
}


def addresses(console: APIFlask) -> list[str]:
    """Give one address of every route."""
    rules = [rule.rule for rule in console.url_map.iter_rules() if rule.methods and "GET" in rule.methods]
    for part, value in FILLED.items():
        rules = [rule.replace(part, value) for rule in rules]
    assert [rule for rule in rules if "<" in rule] == []
    return rules
