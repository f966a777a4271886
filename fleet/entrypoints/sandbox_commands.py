# SPDX-License-Identifier: Apache-2.0
"""The command lines that run our labelled stand-ins of outside systems."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads it when the program runs
from typing import Annotated

import typer


def idp_sandbox(
    store: Path,
    port: Annotated[int, typer.Option(help="Loopback port; 0 chooses one.")] = 0,
    activate_after_s: Annotated[float, typer.Option(help="The pretend person uses the PIN after so long.")] = 5.0,
) -> None:
    """Run the labelled sandbox of the identity provider. It is never the ministry's."""
    from fleet.partners.idp.sandbox import serve  # noqa: PLC0415

    serve(store, port=port, activate_after_s=activate_after_s)


def provider_id_sandbox(
    store: Path,
    port: Annotated[int, typer.Option(help="Loopback port; 0 chooses one.")] = 0,
) -> None:
    """Run the labelled sandbox of the Provider ID office, with a page for a phone. It is never the ministry's."""
    from fleet.partners.provider_id.sandbox import serve  # noqa: PLC0415

    serve(store, port=port)
