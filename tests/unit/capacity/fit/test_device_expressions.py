import pytest

from ndcops.capacity.plan.fit.device_expressions import NotDecided, holds
from ndcops.capacity.plan.fit.devices import Device

D = "gpu.example.com"
GPU = Device(
    id=(D, "n1", "gpu0"),
    attributes={
        f"{D}/model": {"string": "H100"},
        "cores": {"int": 16},
        "shared": {"bool": False},
        "driver": {"version": "1.2.3"},
        "pci.example.com/root": {"string": "pci0"},
    },
    capacity={"memory": {"value": "80Gi"}},
    taints=(),
    node_name="n1",
    selector=None,
    is_plain=True,
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", True),
        (f'device.driver == "{D}"', True),
        (f"device.driver == '{D}'", True),
        (f'device.driver != "{D}"', False),
        ('device.driver == "other"', False),
        (f'device.attributes["{D}"].model == "H100"', True),
        (f'device.attributes["{D}"].model != "H100"', False),
        (f'device.attributes["{D}"].model == "A100"', False),
        (f'device.attributes["{D}"].cores >= 16', True),
        (f'device.attributes["{D}"].cores > 16', False),
        (f'device.attributes["{D}"].cores < 17', True),
        (f'device.attributes["{D}"].cores <= 15', False),
        (f'device.attributes["{D}"].shared == false', True),
        (f'device.attributes["{D}"].shared != false', False),
        ('device.attributes["pci.example.com"].root == "pci0"', True),
        ('"pci.example.com" in device.attributes', True),
        ('"net.example.com" in device.attributes', False),
        (f'device.capacity["{D}"].memory.compareTo(quantity("40Gi")) >= 0', True),
        (f'device.capacity["{D}"].memory.compareTo(quantity("80Gi")) > 0', False),
        (f'device.capacity["{D}"].memory.compareTo(quantity("80Gi")) == 0', True),
        (f'device.driver == "{D}" && device.attributes["{D}"].cores == 16', True),
        (f'device.driver == "{D}" && device.attributes["{D}"].cores == 8', False),
        (f'\n  device.driver == "{D}"\n  ', True),
    ],
)
def test_comparisons_that_are_understood(expression: str, expected: bool) -> None:
    assert holds(expression, GPU) is expected


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "false",
        "device.driver",
        f'device.driver == "{D}" || device.driver == "other"',
        f'!(device.driver == "{D}")',
        f'device.driver.startsWith("{D}")',
        f'device.attributes["{D}"].unknown == "x"',
        'device.attributes["other"].model == "H100"',
        f'device.attributes["{D}"].cores == "16"',
        f'device.attributes["{D}"].model == 100',
        f'device.attributes["{D}"].model > "A100"',
        f'device.attributes["{D}"].cores == 8 + 8',
        f'device.capacity["{D}"].unknown.compareTo(quantity("1")) >= 0',
        f'device.capacity["{D}"].memory.isGreaterThan(quantity("1"))',
        f'device.attributes["{D}"].model == "a && b"',
        f'device.attributes["{D}"].model.matches("H.*")',
    ],
)
def test_everything_else_is_not_decided(expression: str) -> None:
    with pytest.raises(NotDecided):
        holds(expression, GPU)


def test_a_version_is_never_equal_to_a_text() -> None:
    # A semver and a string have no common == (apiserver/pkg/cel/semver.go): upstream's evaluation fails.
    with pytest.raises(NotDecided):
        holds(f'device.attributes["{D}"].driver == "1.2.3"', GPU)


def test_escapes_in_texts_are_not_decided() -> None:
    with pytest.raises(NotDecided):
        holds(f'device.attributes["{D}"].model != "\\x48100"', GPU)


def test_a_quantity_that_is_none_is_not_decided() -> None:
    with pytest.raises(NotDecided):
        holds(f'device.capacity["{D}"].memory.compareTo(quantity("lots")) >= 0', GPU)


def test_attributes_without_a_domain_are_the_drivers_own() -> None:
    plain = Device((D, "n1", "gpu0"), {"cores": {"int": 1}}, {}, (), "n1", None, True)
    assert holds(f'"{D}" in device.attributes', plain)
