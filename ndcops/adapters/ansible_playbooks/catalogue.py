"""Reads the catalogue of controls that stands beside the playbooks, one file a role."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ndcops.model.control import Catalogue
from ndcops.model.errors import InvalidInput

_LAYERS = "layers.yaml"


def read_catalogue(folder: Path) -> Catalogue:
    """Every control of `folder`, file by file. Raises InvalidInput naming the file and the field."""
    layers = _read(folder / _LAYERS).get("layers", [])
    files = sorted(path for path in folder.glob("*.yaml") if path.name != _LAYERS)
    controls = [(path, each) for path in files for each in _read(path).get("controls", [])]
    try:
        found = Catalogue.model_validate({"layers": layers, "controls": [each for _, each in controls]})
    except ValidationError as error:
        raise InvalidInput(
            f"the catalogue of controls in {folder} is not valid",
            details=[_worded(detail, controls) for detail in error.errors()],
        ) from error
    ids = found.ids()
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise InvalidInput(f"the catalogue of controls in {folder} has two controls '{twice[0]}'")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInput(f"{path} cannot be read", details=[str(error)]) from error
    return found if isinstance(found, dict) else {}


def _worded(detail: Any, controls: list[tuple[Path, Any]]) -> str:
    where = list(detail["loc"])
    if len(where) > 1 and where[0] == "controls":
        path, control = controls[where[1]]
        name = control.get("id", where[1]) if isinstance(control, dict) else where[1]
        return f"{path.name}: {name}.{'.'.join(str(each) for each in where[2:])}: {detail['msg']}"
    return f"{'.'.join(str(each) for each in where)}: {detail['msg']}"
