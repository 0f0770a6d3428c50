"""Words and colours of the evidence page: complete, all used, readable."""

import re
from pathlib import Path

import pytest

from ndcops.model.host import HostRole
from ndcops.reports.catalogue import read_words
from ndcops.reports.evidence_facts import HostState, Standing, WaiverHold
from ndcops.reports.evidence_rules import Excuse
from tests.unit.reports.test_style import colours, contrast, sheet


def test_every_value_of_a_closed_set_has_words() -> None:
    keys = set(read_words("en"))
    wanted = {f"evidence.{group}.{each}" for each in Standing for group in ("standing", "legend")}
    wanted |= {f"evidence.host.{each}" for each in HostState}
    wanted |= {f"evidence.matter_host.{each}" for each in HostState if each is not HostState.CLEAN}
    wanted |= {f"evidence.{group}.{each}" for each in WaiverHold for group in ("waiver", "signature")}
    wanted |= {f"evidence.matter_waiver.{each}" for each in WaiverHold if each is not WaiverHold.GOOD}
    wanted |= {f"evidence.excuse.{each}" for each in Excuse} | {f"evidence.role.{each}" for each in HostRole}

    assert wanted <= keys


def test_keys_that_the_code_names_exist_and_every_word_is_used() -> None:
    folder = Path(__file__).parents[3] / "ndcops" / "reports"
    files = [*folder.glob("evidence_*.py"), *folder.glob("templates/evidence*.j2"), folder / "svg" / "layers.py"]
    sources = "".join(path.read_text("utf-8") for path in files)
    named = {key for key in re.findall(r'"(evidence\.[a-z_]+[a-z])"', sources)}
    words = {key for key in read_words("vi") if key.startswith("evidence.")}
    built = re.compile(
        r"evidence\.(standing|legend|host|matter_host|waiver|signature|matter_waiver|excuse|role)\.\w+"
    )

    assert len(named) > 60
    assert named - {"evidence.css", "evidence.jsonl"} <= words
    assert {key for key in words if not built.fullmatch(key) and not key.endswith(".one")} <= named


def test_every_colour_that_the_sheet_uses_is_defined() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", sheet("evidence.css")))

    assert used - {"tone", "tone-tint", "plate"} <= set(colours("light"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tint", ["good-tint", "warn-tint", "bad-tint", "calm-tint", "sheet"])
def test_numbers_on_plates_are_readable(scheme: str, tint: str) -> None:
    found = colours(scheme)

    assert contrast(found["ink"], found[tint]) >= 4.5
