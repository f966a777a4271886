# SPDX-License-Identifier: Apache-2.0
"""The words of every screen, read once from texts/<language>.toml.

It never falls back to another language and never guesses: a missing word stops the start, not a session.
In the files a `|` marks where a line may break and a line end where it must.

What a sentence becomes for the ear is written there too: `spoken.<key>` where the ear needs other words than the eye,
and `aloud.<key>`, or a beginning of the key, for what only the person may hear: the loudspeaker says that instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import resources
from typing import TYPE_CHECKING

from wire.lettering.texts import WordingError, read_texts, require_same
from wire.lettering.thai import WORD_MARK, drawable, sayable
from wire.phones import CENTRAL, written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

    from wire.phones import HelpNumber

LANGUAGES = ("th", "en")


@dataclass(frozen=True, slots=True)
class EventWords:
    """What an event of the card reader means, for the person at the kiosk and for the technician."""

    person: str
    technician: str


class Public(str):
    """A value that anybody near may hear: the screen that fills it in says so. Any other text is the person's."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence for the ear: as headphones say it, and as the loudspeaker may. It never prints the first."""

    key: str
    private: str
    aloud: str

    def __repr__(self) -> str:
        return f"Phrase({self.key!r})"

    @property
    def is_personal(self) -> bool:
        """Whether the loudspeaker must say something else."""
        return self.private != self.aloud


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one language by dotted key, such as `failure.card_expired.title`.

    A sentence may have the blank `{help_number}`: whom people can call stands in every language alike.
    """

    language: str
    sentences: Mapping[str, str]
    help_number: HelpNumber = CENTRAL

    def text(self, key: str, **values: object) -> str:
        """Return the sentence with its values put in; a value can bring neither markup nor controls.

        Raises:
            WordingError: when the key does not exist.
        """
        shown = {name: drawable(str(value)) for name, value in values.items()}
        return self._said(key, {"help_number": written(self.help_number), **shown})

    def phrase(self, key: str, **values: object) -> Phrase:
        """Return the sentence for the ear; a text that fills a blank is personal unless it is `Public`.

        Raises:
            WordingError: when the key does not exist, or is filled with something personal and has no `aloud` words.
        """
        spoken = f"spoken.{key}"
        said = {"help_number": " ".join(self.help_number), **values}
        private = sayable(self._said(spoken if spoken in self.sentences else key, said))
        stand_in = self._aloud(key)
        if stand_in is not None:
            return Phrase(key, private, sayable(self.sentences[stand_in]))
        if any(isinstance(value, str) and not isinstance(value, Public) for value in values.values()):
            msg = f"texts/{self.language}.toml has no 'aloud.{key}' for what the loudspeaker says instead. Write it."
            raise WordingError(msg)
        return Phrase(key, private, private)

    def having(self, sentences: Mapping[str, str]) -> Wording:
        """The same language with these sentences."""
        return replace(self, sentences=sentences)

    def calling(self, number: HelpNumber) -> Wording:
        """The same language with this number to call."""
        return replace(self, help_number=number)

    def own_name(self) -> str:
        """What the language calls itself."""
        return self.sentences.get("header.name", self.language)

    def reader_event(self, code: str) -> EventWords:
        """Return the sentences for an event's code, to be printed on a terminal: without marks for line breaks.

        Raises:
            WordingError: when the code has no sentences.
        """
        person, technician = (self.text(f"reader_event.{code}.{reader}") for reader in ("person", "technician"))
        return EventWords(person.replace(WORD_MARK, ""), technician.replace(WORD_MARK, ""))

    def _said(self, key: str, values: Mapping[str, object]) -> str:
        if key not in self.sentences:
            msg = f"texts/{self.language}.toml has no {key!r}. Add it to the text file of every language."
            raise WordingError(msg)
        return self.sentences[key].format(**values)

    def _aloud(self, key: str) -> str | None:
        """Which words stand for this sentence on the loudspeaker: those of the longest beginning of its key."""
        parts = key.split(".")
        beginnings = (f"aloud.{'.'.join(parts[:length])}" for length in range(len(parts), 0, -1))
        return next((beginning for beginning in beginnings if beginning in self.sentences), None)


def load_wordings(folder: Traversable | None = None) -> dict[str, Wording]:
    """Read every language and make sure that they say the same things.

    Raises:
        WordingError: naming the file and the first key that is empty, missing or filled differently.
    """
    folder = folder or resources.files("kiosk.screens") / "texts"
    wordings = {language: read_sentences(folder, language) for language in LANGUAGES}
    first, *others = wordings.values()
    for other in others:
        compare(first, other)
        compare(other, first)
    return turned(wordings)


def turned(wordings: Mapping[str, Wording]) -> dict[str, Wording]:
    """Let each language's button name the next one; where names are missing there is no button to name."""
    languages = list(wordings)
    following = dict(zip(languages, languages[1:] + languages[:1], strict=True))
    return {
        language: wording.having({**wording.sentences, "header.language": wordings[following[language]].own_name()})
        for language, wording in wordings.items()
    }


def read_sentences(folder: Traversable, language: str) -> Wording:
    """Read one language's file.

    Raises:
        WordingError: naming the file and what is no sentence.
    """
    return Wording(language, read_texts(folder, language))


def compare(left: Wording, right: Wording) -> None:
    """Make sure that what `left` says `right` says too, with the same blanks.

    Raises:
        WordingError: naming the file, the key and what to do.
    """
    require_same((left.language, left.sentences), (right.language, right.sentences))
