"""`ndcops inventory`: valid and broken files, what is shown, schemas."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_the_sample_is_valid(ndcops: Run, inventory: Path) -> None:
    ended = ndcops("inventory", "validate", "--inventory", str(inventory), "--json")
    assert ended.code == 0
    assert ended.document["valid"] is True
    assert ended.document["sites"] == 3
    assert ended.document["folder"] == str(inventory)
    shown = ndcops("inventory", "validate", "--inventory", str(inventory))
    assert shown.code == 0
    assert "valid" in shown.out


@pytest.mark.parametrize(
    "words",
    [
        ("inventory", "validate"),
        ("inventory", "show"),
        ("stack", "preview"),
        ("stack", "up", "--yes"),
        ("stack", "destroy", "--yes"),
        ("lab", "up"),
    ],
    ids=" ".join,
)
def test_a_broken_inventory_is_told_by_file_and_line(ndcops: Run, inventory: Path, words: tuple[str, ...]) -> None:
    site = inventory / "sites" / "ndc1.yaml"
    text = site.read_text()
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "it_load_mw" in each)
    site.write_text(text.replace("it_load_mw: 18", "it_load_mw: -18"))
    (inventory / "services" / "soc.yaml").write_text("kind: [")
    ended = ndcops(*words, "--inventory", str(inventory), "--json")
    assert ended.code == 2
    details = ended.document["error"]["details"]
    assert any(f"ndc1.yaml:{line}: power.it_load_mw" in each for each in details), details
    assert any(re.search(r"soc\.yaml:\d+", each) for each in details), details
    assert ended.document["error"]["resolution"].endswith("ndcops inventory validate")


def test_a_missing_folder_is_a_usage_error(ndcops: Run, tmp_path: Path) -> None:
    ended = ndcops("inventory", "validate", "--inventory", str(tmp_path / "nowhere"), "--json")
    assert ended.code == 2
    assert "nowhere" in ended.document["error"]["message"]


def test_all_is_shown_in_short_and_one_whole(ndcops: Run, inventory: Path) -> None:
    listed = ndcops("inventory", "show", "--inventory", str(inventory))
    assert listed.code == 0
    assert "ndc3" in listed.out
    assert ndcops("inventory", "show", "ndc2", "--inventory", str(inventory)).document["name"] == "ndc2"
    whole = ndcops("inventory", "show", "--json", "--inventory", str(inventory)).document
    assert {site["name"] for site in whole["sites"]} == {"ndc1", "ndc2", "ndc3"}


def test_an_unknown_name_is_a_usage_error(ndcops: Run) -> None:
    ended = ndcops("inventory", "show", "ndc9")
    assert ended.code == 2
    assert "no site or service is called 'ndc9'" in ended.err


def test_schemas_are_printed_or_written(ndcops: Run, tmp_path: Path) -> None:
    printed = ndcops("inventory", "schema").document
    assert {"Site", "Service"} <= printed.keys()
    assert ndcops("inventory", "schema", "--folder", str(tmp_path / "schemas")).code == 0
    assert json.loads((tmp_path / "schemas" / "site.schema.json").read_text()) == printed["Site"]


def test_the_environment_names_the_inventory(
    ndcops: Run, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NDCOPS_INVENTORY", str(inventory))
    assert ndcops("inventory", "validate", "--json").document["folder"] == str(inventory)
