# SPDX-License-Identifier: Apache-2.0
"""The sentences of a program's screens, read from `<language>.toml`: a `|` marks where a line may break.

It never falls back to another language and never guesses: a missing word stops the start, not a session.
"""

from __future__ import annotations

import tomllib
from string import Formatter
from typing import TYPE_CHECKING

from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from importlib.resources.abc import Traversable


class WordingError(Exception):
    """The texts are not fit for use. The message names the file, the key and what to do."""


def read_texts(folder: Traversable, language: str) -> dict[str, str]:
    """Read one language's sentences by dotted key.

    Raises:
        WordingError: naming the file and what is no sentence.
    """
    tables = tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8"))
    sentences: dict[str, str] = {}
    for key, value in _flatten(tables):
        if not isinstance(value, str) or not value.strip():
            msg = f"texts/{language}.toml: {key} is {value!r}, not a sentence. Write the sentence."
            raise WordingError(msg)
        sentences[key] = value.strip().replace("|", WORD_MARK)
    return sentences


def require_same(left: tuple[str, Mapping[str, str]], right: tuple[str, Mapping[str, str]]) -> None:
    """Make sure that what `left` says, a language and its sentences, `right` says too, with the same blanks.

    Raises:
        WordingError: naming the file, the key and what to do.
    """
    (language, sentences), (other, translated) = left, right
    for key, sentence in sentences.items():
        if key not in translated:
            msg = f"texts/{other}.toml has no {key!r}, texts/{language}.toml has. Translate it."
            raise WordingError(msg)
        if _blanks(sentence) != _blanks(translated[key]):
            msg = f"texts/{other}.toml: {key} fills other blanks than in {language}. Use the same."
            raise WordingError(msg)


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
