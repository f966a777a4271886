# SPDX-License-Identifier: Apache-2.0
"""The command line `dipchip-provision commission`, which a technician starts on the kiosk's own screen."""

from __future__ import annotations

import shlex
import time
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from provisioning.commissioning.becoming import Machine
from provisioning.commissioning.examining import Doctor
from provisioning.commissioning.guide import Guide, Kit
from provisioning.commissioning.keeping import Keeper
from provisioning.commissioning.sounding import Voice
from provisioning.commissioning.words import load_words
from provisioning.device.asking import ask
from provisioning.device.commands import (
    INTRODUCTION,
    Camera,
    CameraPin,
    EventKeyToken,
    Installed,
    IntroductionFile,
    Models,
    Reader,
    event_key_uri,
    introduced,
    now,
)
from provisioning.device.enrolment import Enrolment, Hardware
from provisioning.errors import RefusedError
from provisioning.identities import AgentWish
from provisioning.places import Layout


def commission(  # noqa: PLR0913 - each is one option of the command line
    place: Annotated[Path, typer.Argument(metavar="DIR", help="Where this kiosk's identity goes, as for `enrol`.")],
    *,
    introduction: IntroductionFile = INTRODUCTION,
    camera: Camera = "usb:0",
    camera_pin: CameraPin = "",
    reader: Reader = "",
    models: Models = "",
    event_key_token: EventKeyToken = None,
    installed: Installed = False,
    kept: Annotated[
        Path | None, typer.Option(help="Folder of progress, hand-over sheet and report; else DIR/commissioning.")
    ] = None,
    kiosk_command: Annotated[str, typer.Option(help="What is started to examine the kiosk.")] = "dipchip-kiosk",
) -> None:
    """Lead a technician on this screen from a bare machine to the hand-over sheet. Again: it goes on where it was."""
    layout = Layout.INSTALLED if installed else Layout.BESIDE
    hardware = Hardware(camera, camera_pin, reader, models, AgentWish(), event_key_uri(event_key_token))
    machine = Machine(Enrolment(place, introduced(introduction), layout, ask), hardware, now)
    kit = Kit(
        machine=machine,
        doctor=Doctor(tuple(shlex.split(kiosk_command)), place / "kiosk.toml"),
        voice=Voice(),
        keeper=Keeper(kept or place / "commissioning"),
        words=load_words(),
        now_ms=lambda: time.time_ns() // 1_000_000,
    )
    try:
        from provisioning.commissioning.app import CommissioningApp  # noqa: PLC0415 - a fleet's machine has no screens
    except ModuleNotFoundError as error:
        message = f"commission: {error.name} is not installed. Install dipchip[kiosk]."
        raise RefusedError(message) from error
    CommissioningApp(Guide(kit)).run()
