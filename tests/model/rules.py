# SPDX-License-Identifier: Apache-2.0
"""The protocol's own functions, as the checker is given them: one may be exchanged for a variant that lacks a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wire import chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wire.chain import Alarm, Counter, Greeting, Head, Kept, Known, LedgerView, Link, Marks, Verdict, Write
    from wire.ids import StreamId


@dataclass(frozen=True, slots=True)
class Rules:
    """What kiosk and controller call. The defaults are what the product calls."""

    next_count: Callable[[int, int | None], Counter | None] = chain.next_count
    next_link: Callable[[StreamId, Head | None, Counter | None], Link] = chain.next_link
    promise_after_commit: Callable[..., Any] = chain.promise_after_commit
    bytes_to_send: Callable[[bytes], bytes] = chain.bytes_to_send
    is_answered_by: Callable[[Greeting, str | None], bool] = chain.Greeting.is_answered_by
    settle: Callable[..., dict[StreamId, Marks]] = chain.settle
    erasable: Callable[[Iterable[Kept], Mapping[StreamId, Marks], int], dict[StreamId, int]] = chain.erasable
    look_up: Callable[[Link, LedgerView], Known] = chain.look_up
    judge: Callable[[Link, bytes, Known], Verdict] = chain.judge
    alarms: Callable[[Verdict, Link], tuple[Alarm, ...]] = chain.alarms
    writes: Callable[[Verdict], tuple[tuple[Write, ...], ...]] = chain.writes
    receipt_after_commit: Callable[..., Any] = chain.receipt_after_commit
    marks_to_tell: Callable[[Iterable[StreamId], Mapping[StreamId, Marks]], dict[StreamId, Marks]] = chain.marks_to_tell
    unrecoverable: Callable[[Mapping[StreamId, int], Mapping[StreamId, int]], dict[StreamId, int]] = chain.unrecoverable

    def filing_order(self) -> tuple[str, ...]:
        """In which order an event is committed, counted and promised: found out by filing one."""
        order: list[str] = []
        self.promise_after_commit(
            commit=lambda: order.append("commit"),
            count=lambda *_: order.append("count"),
            promise=lambda: order.append("promise"),
        )
        return tuple(order)

    def settling_order(self) -> tuple[str, ...]:
        """In which order a batch is committed and its receipts are told: found out by taking one."""
        order: list[str] = []
        self.receipt_after_commit(commit=lambda: order.append("commit"), tell=lambda *_: order.append("tell"))
        return tuple(order)
