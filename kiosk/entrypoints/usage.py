# SPDX-License-Identifier: Apache-2.0
"""The group of `dipchip-kiosk doctor`: a command line that is not understood ends with 64, as 2 says of a fault."""

from __future__ import annotations

import os
from typing import Any

from typer import BadParameter
from typer.core import TyperGroup

_USAGE_ERROR: type[Exception] = BadParameter.__mro__[1]  # typer keeps click to itself
_CARD = "card"  # has exit codes of its own, and keeps click's 2


class DoctorGroup(TyperGroup):
    """Ends with `EX_USAGE` (sysexits.h) where click ends with 2."""

    exit_code = os.EX_USAGE

    def make_context(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - click's own
        """Read the group's own options."""
        try:
            return super().make_context(*arguments, **named)
        except _USAGE_ERROR as error:
            raise self._apart(error) from None

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - click's own
        """Read and run the command."""
        try:
            return super().invoke(ctx)
        except _USAGE_ERROR as error:
            raise (error if ctx.invoked_subcommand == _CARD else self._apart(error)) from None

    def _apart(self, error: BaseException) -> BaseException:
        error.__dict__["exit_code"] = self.exit_code
        return error
