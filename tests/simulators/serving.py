# SPDX-License-Identifier: Apache-2.0
"""A server that runs beside the test, in a thread, from `with` to its end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socketserver import BaseServer
    from types import TracebackType
    from typing import Self


class Serving:
    """`with` one of these: the server answers inside."""

    def __init__(self, server: BaseServer) -> None:
        self.__server = server
        self.__thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Self:
        """Serve."""
        self.__thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""
        self.__server.shutdown()
        self.__thread.join()
        self.__server.server_close()
