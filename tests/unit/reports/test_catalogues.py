"""Both languages are complete, say the same with the same blanks, and a missing text is an error."""

import re
from importlib import resources
from string import Formatter

import pytest

from ndcops.model.document import Text
from ndcops.model.service import Classification
from ndcops.model.site import Media, Replication, SiteStatus, ZoneKind
from ndcops.model.stack_changes import Operation
from ndcops.model.stack_input import LAYERS
from ndcops.model.target import SIMULATED_IN_LAB, TargetKind
from ndcops.reports.catalogue import LANGUAGES, Catalogue, MissingWords, catalogue, read_words
from ndcops.reports.figures import duration, number, size
from ndcops.reports.status_facts import Health, SiteState


def test_languages_have_the_same_keys() -> None:
    vi, en = (read_words(language) for language in LANGUAGES)

    assert sorted(vi) == sorted(en)


def test_a_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    vi, en = (read_words(language) for language in LANGUAGES)

    assert len(vi) > 800
    assert [key for key in vi if not (vi[key].strip() and en[key].strip())] == []
    assert [key for key in vi if blanks(vi[key]) != blanks(en[key])] == []


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_keys_that_the_templates_name_exist() -> None:
    folder = resources.files("ndcops.reports").joinpath("templates")
    sources = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".j2")]
    named = {key for source in sources for key in re.findall(r'(?:t|counted|label)\("([a-z_.]+[a-z_])"', source)}

    assert len(named) > 40
    assert named <= set(read_words("vi"))


@pytest.mark.parametrize(
    ("group", "names"),
    [
        ("state", list(SiteState)),
        ("status", list(SiteStatus)),
        ("health", list(Health)),
        ("media", list(Media)),
        ("zone", list(ZoneKind)),
        ("classification", list(Classification)),
        ("target", list(TargetKind)),
        ("layer", list(LAYERS)),
        ("simulated", list(SIMULATED_IN_LAB)),
        ("operation", [operation for operation in Operation if operation is not Operation.SAME]),
        ("replication", [f"{replication}.short" for replication in Replication]),
        ("matter.service", [health for health in Health if health not in (Health.WHOLE, Health.UNKNOWN)]),
    ],
)
def test_every_value_of_a_closed_set_has_words(group: str, names: list[str]) -> None:
    assert {f"{group}.{name}" for name in names} <= set(read_words("en"))


def test_counted_texts_have_words_for_one_piece() -> None:
    keys = set(read_words("en"))

    assert {key.removesuffix(".one") for key in keys if key.endswith(".one")} <= keys


def test_a_missing_key_is_an_error_that_names_it() -> None:
    with pytest.raises(MissingWords, match=r"no words for 'page\.nothing'"):
        catalogue().text("page.nothing")


def test_a_key_that_one_language_lacks_is_an_error() -> None:
    words = Catalogue({"vi": {"greeting": "chào"}, "en": {}})

    with pytest.raises(MissingWords, match="the en catalogue has no words for 'greeting'"):
        words.text("greeting")


def test_an_unfilled_blank_is_an_error() -> None:
    with pytest.raises(MissingWords, match="has the blank 'reason'"):
        catalogue().text("matter.problem")


def test_braces_in_a_filling_stay_as_they_are() -> None:
    assert catalogue().text("matter.problem", reason="{0.__class__}").en.endswith("{0.__class__}")


def test_a_filling_in_two_languages_goes_to_its_own() -> None:
    text = catalogue().text("matter.layer", layer=Text(vi="mạng", en="network"))

    assert (text.vi, text.en) == ("lớp mạng chưa được áp dụng", "layer network was never applied")


def test_a_name_without_words_stands_for_itself() -> None:
    assert catalogue().named("layer", "observability") == Text(vi="observability", en="observability")


def test_one_piece_has_its_own_english() -> None:
    words = catalogue()

    assert words.counted("matter.drift", 1).en == "1 object differs from the declaration"
    assert words.counted("matter.drift", 1200).en == "1,200 objects differ from the declaration"


def test_catalogue_files_have_one_order() -> None:
    assert list(read_words("vi")) == list(read_words("en"))


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [(1234.5, "1.234,5", "1,234.5"), (1000, "1.000", "1,000"), (0.07, "0,07", "0.07"), (2.0, "2", "2")],
)
def test_numbers_are_written_as_each_language_does(value: float, vi: str, en: str) -> None:
    assert (number(value, "vi"), number(value, "en")) == (vi, en)


@pytest.mark.parametrize(
    ("quantity", "vi", "en"),
    [
        ("1536Gi", "1,5 TiB", "1.5 TiB"),
        ("40Pi", "40 PiB", "40 PiB"),
        ("512", "512 B", "512 B"),
        ("7Ei", "7 EiB", "7 EiB"),
    ],
)
def test_sizes_take_the_largest_unit(quantity: str, vi: str, en: str) -> None:
    assert size(quantity) == Text(vi=vi, en=en)


@pytest.mark.parametrize(
    ("seconds", "en"),
    [(0, "0 s"), (90, "90 s"), (900, "15 min"), (7200, "2 h"), (86_400, "1 d"), (90_000, "25 h")],
)
def test_durations_take_the_largest_unit_that_divides_them(seconds: int, en: str) -> None:
    assert duration(seconds).en == en
