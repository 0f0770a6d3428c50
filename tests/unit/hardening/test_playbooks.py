"""The catalogue and the playbooks say the same: every task keeps one control, every control has a task."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ndcops.adapters.ansible_playbooks import read_catalogue
from ndcops.model.control import Catalogue
from ndcops.model.errors import InvalidInput

PLAYBOOKS = Path(__file__).parents[3] / "playbooks"
ROLES = sorted(path.name for path in (PLAYBOOKS / "roles").iterdir())


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return read_catalogue(PLAYBOOKS / "controls")


def _tasks(found: list[dict[str, Any]], inherited: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    for task in found:
        tags = (*inherited, *task.get("tags", ()))
        if "block" in task:
            yield from _tasks(task["block"], tags)
        elif "meta" not in task and "ansible.builtin.meta" not in task:
            yield task["name"], tags


def tasks_of(role: str) -> list[tuple[str, tuple[str, ...]]]:
    files = sorted((PLAYBOOKS / "roles" / role / "tasks").glob("*.yml"))
    return [
        each
        for path in files
        for each in _tasks(yaml.safe_load(path.read_text(encoding="utf-8")) or [])
        if "include_tasks" not in each[0]
    ]


@pytest.mark.parametrize("role", ROLES)
def test_every_task_keeps_a_control_of_the_catalogue(role: str, catalogue: Catalogue) -> None:
    known = set(catalogue.ids())
    for name, tags in tasks_of(role):
        control = name.partition(" | ")[0]
        assert control in known, f"{role}: '{name}' names no control"
        assert control in tags, f"{role}: '{name}' is not tagged with its control"


def test_every_control_has_a_task(catalogue: Catalogue) -> None:
    kept = {name.partition(" | ")[0] for role in ROLES for name, _ in tasks_of(role)}
    assert set(catalogue.ids()) == kept


def test_every_control_stands_in_one_of_the_ten_layers(catalogue: Catalogue) -> None:
    assert [layer.number for layer in catalogue.layers] == list(range(1, 11))
    assert {control.layer for control in catalogue.controls} <= set(range(1, 11))


def test_the_play_runs_every_role_once() -> None:
    play = yaml.safe_load((PLAYBOOKS / "harden.yml").read_text(encoding="utf-8"))[0]
    assert sorted(each["role"] for each in play["roles"]) == ROLES


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("controls: [{id: a, title: {vi: a, en: a}, layer: 11, roles: [bastion]}]", "x.yaml: a.layer"),
        ("controls: [{id: a, title: {vi: a, en: a}, layer: 1, roles: [router]}]", "x.yaml: a.roles.0"),
        ("controls: [{id: a, colour: red}]", "x.yaml: a.colour"),
        ("controls: [", "x.yaml"),
    ],
)
def test_a_slip_in_the_catalogue_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "layers.yaml").write_text("layers: []")
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_catalogue(tmp_path)
    assert said in "\n".join([caught.value.message, *caught.value.details])


def test_one_id_twice_is_refused(tmp_path: Path) -> None:
    control = "{id: a, title: {vi: a, en: a}, layer: 1, roles: [bastion]}"
    (tmp_path / "layers.yaml").write_text("layers: []")
    (tmp_path / "x.yaml").write_text(f"controls: [{control}, {control}]")
    with pytest.raises(InvalidInput, match="two controls 'a'"):
        read_catalogue(tmp_path)
