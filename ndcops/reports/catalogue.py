"""The words of the reports, Vietnamese and English side by side; every report takes its texts from here."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Literal

from ndcops.model.document import Text
from ndcops.reports.figures import number

Language = Literal["vi", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
"""Vietnamese first: agencies read the reports; English for engineers."""

Filling = Text | str | int | float


class MissingWords(LookupError):
    """A report asked for words that a catalogue does not have, or left a blank in them unfilled."""


class Catalogue:
    """Texts by key, in every language; a key that is missing anywhere is an error, never an empty label."""

    def __init__(self, words: Mapping[Language, Mapping[str, str]]) -> None:
        self._words = words

    def text(self, key: str, /, **fillings: Filling) -> Text:
        """The text of `key` with its blanks filled. Raises MissingWords."""
        return Text(vi=self._filled("vi", key, fillings), en=self._filled("en", key, fillings))

    def counted(self, key: str, count: int, /, **fillings: Filling) -> Text:
        """The text of `key` for `count` pieces, which fills `{count}`; English has its own words for one piece."""
        return self.text(f"{key}.one" if count == 1 else key, count=count, **fillings)

    def named(self, group: str, name: str) -> Text:
        """The words for a name of an open set (`layer.network`); a name without words stands for itself."""
        key = f"{group}.{name}"
        return self.text(key) if all(key in words for words in self._words.values()) else Text(vi=name, en=name)

    def _filled(self, language: Language, key: str, fillings: Mapping[str, Filling]) -> str:
        pattern = self._words[language].get(key)
        if pattern is None:
            raise MissingWords(f"the {language} catalogue has no words for '{key}'")
        try:
            return pattern.format_map({name: _in(language, value) for name, value in fillings.items()})
        except KeyError as missing:
            raise MissingWords(f"'{key}' in {language} has the blank {missing}, and nothing fills it") from missing


def _in(language: Language, value: Filling) -> str:
    if isinstance(value, Text):
        return value.vi if language == "vi" else value.en
    return value if isinstance(value, str) else number(value, language)


def read_words(language: Language) -> dict[str, str]:
    """One language's catalogue as its file has it. Raises MissingWords when it has a key twice."""
    content = resources.files("ndcops.reports").joinpath("catalogues", f"{language}.json").read_text("utf-8")
    words: dict[str, str] = json.loads(content, object_pairs_hook=_unique)
    return words


def _unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
    words = dict(pairs)
    if len(words) != len(pairs):
        keys = [key for key, _ in pairs]
        raise MissingWords(f"written twice: {', '.join(sorted({key for key in keys if keys.count(key) > 1}))}")
    return words


@cache
def catalogue() -> Catalogue:
    """The catalogue that the package ships."""
    return Catalogue({language: read_words(language) for language in LANGUAGES})
