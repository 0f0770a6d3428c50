from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from ndcops.model.price_list import PriceList

SAMPLE = Path(__file__).parent / "prices.yaml"


def test_the_sample_is_read() -> None:
    prices = PriceList.model_validate(yaml.safe_load(SAMPLE.read_text()))
    assert [sku.name for sku in prices.nodes] == ["n-64", "g-8"]
    assert (prices.currency, prices.as_of.year) == ("VND", 2026)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("nodes", 0, "price_vnd_millions"), -1),
        (("nodes", 0, "price_vnd_millions"), 1.5),
        (("nodes", 0, "memory"), "1.5Gi2"),
        (("nodes", 0, "pods"), 0),
        (("nodes", 0, "colour"), "red"),
        (("nodes", 1, "name"), "n-64"),
        (("storage", 0, "usable"), "-5Ti"),
        (("currency",), "EUR"),
        (("as_of",), "soon"),
        (("nodes",), []),
    ],
)
def test_bad_prices_are_refused(path: tuple[str | int, ...], value: object) -> None:
    content = yaml.safe_load(SAMPLE.read_text())
    part = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(ValidationError):
        PriceList.model_validate(content)
