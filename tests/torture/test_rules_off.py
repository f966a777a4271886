# SPDX-License-Identifier: Apache-2.0
"""A rule is switched off where the product keeps it: a function that has moved would be exchanged in vain."""

from __future__ import annotations

import importlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.model.variants import OFF
from tests.torture.rules_off import RECEIPTS, RULES, exchanges, switch_off


@pytest.mark.parametrize("rule", sorted(set(RULES) - {RECEIPTS}))
def test_what_is_exchanged_is_what_the_product_calls(rule: str) -> None:
    found = exchanges(rule)
    assert found
    for each in found:
        assert getattr(importlib.import_module(each.module), each.name) is each.keeps


def test_each_rule_is_one_of_the_model_s() -> None:
    assert set(RULES.values()) <= {case.name for case in OFF}


@pytest.mark.parametrize("rule", sorted(set(RULES) - {RECEIPTS}))
def test_what_lacks_a_rule_can_be_called_where_it_is_exchanged(rule: str) -> None:
    nothing: dict[str, Any] = {"settle": ({}, {}), "erasable": ((), {}, 0), "unrecoverable": ({}, {})}
    with ExitStack() as stack:
        switch_off(rule, "any", Path(), stack)
        for each in exchanges(rule):
            calls = getattr(importlib.import_module(each.module), each.name)
            assert calls is each.lacks
            if each.name in nothing:
                options = {"may_go_back": True} if each.name == "settle" else {}
                assert calls(*nothing[each.name], **options) == {}
