# SPDX-License-Identifier: Apache-2.0
"""The documents name every setting and every message there is, and none that is not."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import BaseModel

import fleet.config
import kiosk.config
from wire.signing import Kind
from wire.topics import Down, Up

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[2] / "docs"
SETTINGS = (DOCS / "settings.md").read_text(encoding="utf-8")
WIRE = (DOCS / "wire.md").read_text(encoding="utf-8")
# Signed like a message, and on no topic.
SIGNED_FILES = {Kind.FACE_POLICY, Kind.ROOTS, Kind.CLAIM, Kind.RENEWAL, Kind.SELF_TEST}


def keys(settings: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Each key of a settings file, a section's with its name before it, and its default as the document writes it."""
    for name, field in settings.model_fields.items():
        section = _section(field.annotation)
        if section is not None:
            yield from keys(section, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", "required" if field.is_required() else _written(field.default)


def _section(annotation: object) -> type[BaseModel] | None:
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


def _written(default: Any) -> str:  # noqa: ANN401 - whatever a setting may be
    return "none" if default is None else f"`{json.dumps(default, default=str)}`"


def documented(heading: str) -> dict[str, str]:
    """The keys of one section of the document, with their defaults."""
    _, _, after = SETTINGS.partition(f"## {heading}")
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \|", after.split("\n## ")[0], re.MULTILINE)
    return {key: default.strip() for key, default in rows}


@pytest.mark.parametrize(
    ("heading", "settings"), [("The kiosk", kiosk.config.Settings), ("The controller", fleet.config.Settings)]
)
def test_every_setting_is_documented_with_its_default_and_no_other(heading: str, settings: type[BaseModel]) -> None:
    assert documented(heading) == dict(keys(settings))


def test_every_message_is_documented_with_its_topic_and_kind_and_no_other() -> None:
    told = re.findall(r"^\| `((?:up|down)/[a-z]+)` \| `([a-z-]+)` \|", WIRE, re.MULTILINE)
    topics = [f"up/{kind}" for kind in Up] + [f"down/{kind}" for kind in Down]
    assert sorted(topic for topic, _ in told) == sorted(topics)
    assert {kind for _, kind in told} == set(Kind) - SIGNED_FILES
    assert [topic for topic, kind in told if kind != f"dipchip-{topic.split('/')[1]}"] == []


def test_every_signed_file_is_documented() -> None:
    assert [kind for kind in SIGNED_FILES if f"`{kind}`" not in WIRE] == []
