# SPDX-License-Identifier: Apache-2.0
"""The words of commissioning's screens, read once from texts/<language>.toml."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from wire.lettering.texts import WordingError, read_texts, require_same
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("th", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language by dotted key."""

    language: str
    sentences: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """The sentence with its values put in.

        Raises:
            WordingError: there is none.
        """
        if key not in self.sentences:
            message = f"texts/{self.language}.toml has no {key!r}. Add it to the text file of every language."
            raise WordingError(message)
        return self.sentences[key].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """The key where the texts have it, else the other one: for words that another program may add to."""
        return key if key in self.sentences else otherwise

    def plain(self, key: str, **values: object) -> str:
        """The sentence for a file: without marks for line breaks."""
        return self.text(key, **values).replace(WORD_MARK, "")


def load_words() -> dict[str, Words]:
    """Read every language and make sure that they say the same things.

    Raises:
        WordingError: naming the file and the key.
    """
    folder = resources.files("provisioning.commissioning") / "texts"
    read = {language: read_texts(folder, language) for language in LANGUAGES}
    thai, english = read.items()
    require_same(thai, english)
    require_same(english, thai)
    return {language: Words(language, sentences) for language, sentences in read.items()}
