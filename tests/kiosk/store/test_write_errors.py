# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from tests.simulators.disk import run_above

RUN = ("tests.simulators.write_errors", "--cuts", "1", "--kept", "NOTHING")


def test_whichever_call_fails_while_a_record_is_filed_the_caller_is_told_the_truth() -> None:
    found = run_above(*RUN, "--work", "file")["file"]
    assert found["wrong"] == []
    assert found["calls"] > 300
    assert {"done", "not done", "full", "unknown"} <= set(found)


@pytest.mark.parametrize("work", ["settle", "prune"])
def test_whichever_call_fails_while_marks_move_or_events_are_erased_all_of_it_is_done_or_nothing(work: str) -> None:
    found = run_above(*RUN, "--work", work, "--onward", "CHANGES")[work]
    assert found["wrong"] == []
    assert found["calls"] > 30


@pytest.mark.parametrize("precaution", ["own-sync", "writing-through", "looking"])
def test_each_precaution_of_the_store_is_missed_when_it_is_left_out(precaution: str) -> None:
    found = run_above(*RUN, "--work", "file", "--onward", "CHANGES", "--without", precaution)
    assert found["file"]["wrong"] != []
