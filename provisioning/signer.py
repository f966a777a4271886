# SPDX-License-Identifier: Apache-2.0
"""Renders the signer's folder, and what an image has to know of its fleet so that a kiosk can claim its name.

It starts nothing. Source: docs/adr/0037.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from provisioning.files import as_json, folder, public, read
from provisioning.places import ControllerPlaces, DoorPlaces
from provisioning.policies import newest
from provisioning.rendering import toml
from provisioning.roots import chain
from wire.certificates import pem
from wire.claims import Address, Introduction

if TYPE_CHECKING:
    from pathlib import Path

    from provisioning.authority import Authorities
    from provisioning.broker import Listener
    from provisioning.door import Entrance
    from provisioning.places import Layout


def render(
    authorities: Authorities,
    place: Path,
    *,
    listener: Listener,
    entrance: Entrance,
    database_url: str,
    layout: Layout,
) -> None:
    """Write the signer's part of the controller's folder, and `introduction.json` where there is a door to claim at."""
    report, controller = authorities.report, place / "controller"
    beside, at = ControllerPlaces(), ControllerPlaces.of(layout)
    made_in = folder((controller / beside.authority).parent, private=True)
    authorities.signer(made_in)
    public(controller / beside.trust, read(place / "trust.json"), report)
    signed = chain(place)
    if signed:
        public(controller / beside.roots, b"".join(signed), report)
    policy = newest(place)
    if policy is not None:
        public(controller / beside.policy, read(policy), report)
    settings = toml(
        "signer",
        database_url=database_url,
        socket=str(DoorPlaces.of(layout, place / "door").signer),
        key=at.authority,
        certificate=at.authority_certificate,
        root=at.root,
        trust=at.trust,
        policy="" if policy is None else at.policy,
        revocations=at.revocations,
        roots=at.roots if signed else "",
        host=listener.host,
        port=listener.port,
        https_host=entrance.host,
        https_port=entrance.port,
    )
    public(controller / "signer.toml", settings, report)
    if entrance.host:
        root = pem(authorities.root.certificate).decode("ascii")
        pinned = signed[-1].decode("ascii") if signed else None
        introduction = Introduction(1, Address(entrance.host, entrance.port), root, pinned)
        public(place / "introduction.json", as_json(msgspec.to_builtins(introduction)), report)
