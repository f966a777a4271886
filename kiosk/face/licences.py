# SPDX-License-Identifier: Apache-2.0
"""The licence notice that lies beside installed models: whose each file is, and the whole text of what allows it."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.face.models import ModelFile, ModelPack

_TEXTS = {"Apache-2.0": "apache-2.0.txt", "MIT": "mit.txt"}
_PUBLIC_DOMAIN = "Released into the public domain by Davis King (README of davisking/dlib-models).\n"
_UNKNOWN = "Not one of the packs: whoever signed the face policy knows its licence.\n"


def notice(pack: ModelPack) -> str:
    """The notice for a pack, each licence's text once."""
    parts = [_credit(model) for model in pack.files]
    licences = list(dict.fromkeys(model.licence for model in pack.files))
    return "\n".join(parts + [_text(licence) for licence in licences])


def _credit(model: ModelFile) -> str:
    lines = (model.name, f"SHA-256 {model.sha256}", model.origin, model.holder, model.licence)
    return "".join(f"{line}\n" for line in lines if line)


def _text(licence: str) -> str:
    if licence not in _TEXTS:
        return _PUBLIC_DOMAIN if licence == "public domain" else _UNKNOWN
    text = resources.files("kiosk.face").joinpath("licence_texts", _TEXTS[licence]).read_text(encoding="utf-8")
    return f"{'-' * 72}\n{licence}\n\n{text}"
