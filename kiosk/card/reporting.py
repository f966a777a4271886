# SPDX-License-Identifier: Apache-2.0
"""A card reader that tells how each read went: a dirty slot shows in these figures before patients complain.

It tells a code and figures, never anything that the card said.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from kiosk.card.national_id import NationalIdReader
from kiosk.card.trace import Exchange, Figures, Traced, summed
from kiosk.enrollment.failures import CardReadError, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from kiosk.card.apdu import Transport
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.ports import ReadObserver

OK = "ok"


class ReportingReader:
    """Implements `CardReader`; `tell` is given `OK`, or the code of what went wrong, and the figures."""

    def __init__(
        self, connect: Callable[[], AbstractContextManager[Transport]], tell: Callable[[str, Figures], None]
    ) -> None:
        self._connect = connect
        self._tell = tell
        self._exchanges: list[Exchange] = []
        self._reader = NationalIdReader(self._traced)

    def read(self, observer: ReadObserver) -> Identity:
        """See `NationalIdReader`."""
        self._exchanges.clear()
        code = OK
        try:
            return self._reader.read(observer)
        except CardReadError as error:
            code = str(error.failure)
            raise
        except FaultError as error:
            code = str(error.fault)
            raise
        finally:
            self._tell(code, summed(self._exchanges))

    def forget(self) -> None:
        """See `NationalIdReader`."""
        self._reader.forget()

    @contextmanager
    def _traced(self) -> Iterator[Transport]:
        with self._connect() as transport:
            yield Traced(transport, self._exchanges)
