# SPDX-License-Identifier: Apache-2.0
"""The command line of `dipchip-fleet rollout`; what each command does is in `rolling_out`."""

from __future__ import annotations

from typing import Annotated

import typer

from fleet.config import read
from fleet.entrypoints.options import Config  # noqa: TC001 - typer reads it when the program runs

rollout = typer.Typer(
    no_args_is_help=True, help="Which release goes to which kiosks: proposed by one, approved by another."
)

Number = Annotated[int, typer.Argument(help="The rollout's, as `rollout list` shows it.")]
By = Annotated[str, typer.Option(help="Who does it.")]


@rollout.command()
def propose(  # noqa: PLR0913 - each is one option of the command line
    config: Config,
    *,
    release: Annotated[str, typer.Option(help="Its version, as 0.2.0; it must be published.")],
    words: Annotated[str, typer.Option(help="What it brings, on one line.")],
    by: By,
    sample: Annotated[int, typer.Option(help="So many kiosks are judged in each wave.")] = 20,
    bake_h: Annotated[int, typer.Option(help="Then they are watched for so many hours.")] = 24,
    failures_percent: Annotated[int, typer.Option(help="So many of them may fail.")] = 5,
    at_facility: Annotated[int, typer.Option(help="So many of one facility are installing at the same time.")] = 1,
    broad: Annotated[str, typer.Option(help="The shares of the last ring, in percent, rising to 100.")] = "25,100",
    at_once: Annotated[bool, typer.Option("--at-once", help="Do not wait for closing time.")] = False,
) -> None:
    """Write down what somebody wants rolled out; no kiosk is asked before another person approves it."""
    from fleet.entrypoints import rolling_out  # noqa: PLC0415

    wanted = rolling_out.Wanted(release, words, sample, bake_h, failures_percent, at_facility, broad, at_once)
    rolling_out.propose(read(config), wanted, by)


@rollout.command()
def approve(config: Config, number: Number, *, by: By) -> None:
    """Approve what another person has proposed."""
    from fleet.entrypoints.rolling_out import approve as run  # noqa: PLC0415

    run(read(config), number, by)


@rollout.command()
def pause(config: Config, number: Number, *, by: By) -> None:
    """Ask no more kiosks for now."""
    from fleet.entrypoints.rolling_out import pause as run  # noqa: PLC0415

    run(read(config), number, by)


@rollout.command()
def resume(config: Config, number: Number, *, by: By) -> None:
    """Go on, also after it has stopped by itself."""
    from fleet.entrypoints.rolling_out import resume as run  # noqa: PLC0415

    run(read(config), number, by)


@rollout.command()
def abort(config: Config, number: Number, *, by: By) -> None:
    """End it, or decline a proposal; kiosks that run the release keep it."""
    from fleet.entrypoints.rolling_out import abort as run  # noqa: PLC0415

    run(read(config), number, by)


@rollout.command("list")
def show(config: Config) -> None:
    """Show the latest rollouts with their waves, a JSON line each."""
    from fleet.entrypoints.rolling_out import show as run  # noqa: PLC0415

    run(read(config))


@rollout.command()
def pin(
    config: Config,
    site: Annotated[str, typer.Argument(help="The facility, as 41/10670.")],
    ring: Annotated[str, typer.Argument(help="pilot, early or broad; own: each kiosk has its own again.")],
    *,
    by: By,
) -> None:
    """Put the kiosks of a facility into a ring."""
    from fleet.entrypoints.rolling_out import pin as run  # noqa: PLC0415

    run(read(config), site, ring, by)
