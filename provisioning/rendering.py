# SPDX-License-Identifier: Apache-2.0
"""Fills the templates beside it: every value of a TOML file is quoted, and none of a template may stay open."""

from __future__ import annotations

import json
from importlib.resources import files
from string import Template


def toml(name: str, **values: str | int | list[str]) -> bytes:
    """Fill a TOML template; text, numbers, truths and lists of text are written as in JSON (TOML 1.0, "String")."""
    return _filled(f"{name}.toml", {key: json.dumps(value, ensure_ascii=False) for key, value in values.items()})


def plain(name: str, **values: str | int) -> bytes:
    """Fill a template whose format has no quotes; the caller has parsed what it passes."""
    return _filled(name, {key: str(value) for key, value in values.items()})


def _filled(name: str, values: dict[str, str]) -> bytes:
    template = files("provisioning").joinpath("templates", name).read_text(encoding="utf-8")
    return Template(template).substitute(values).encode()
