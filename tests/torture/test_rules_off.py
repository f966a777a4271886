# SPDX-License-Identifier: Apache-2.0
"""A rule is switched off where the product keeps it: a function that has moved would be exchanged in vain."""

from __future__ import annotations

import importlib

import pytest

from tests.model.variants import OFF
from tests.torture.rules_off import RECEIPTS, RULES, exchanges


@pytest.mark.parametrize("rule", sorted(set(RULES) - {RECEIPTS}))
def test_what_is_exchanged_is_what_the_product_calls(rule: str) -> None:
    found = exchanges(rule)
    assert found
    for each in found:
        assert getattr(importlib.import_module(each.module), each.name) is each.keeps


def test_each_rule_is_one_of_the_model_s() -> None:
    assert set(RULES.values()) <= {case.name for case in OFF}
