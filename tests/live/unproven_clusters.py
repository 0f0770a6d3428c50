"""Clusters that are not proven to be the declared ones: production's with another UID, context or token."""

from pathlib import Path

import yaml

from tests.live.site_operator import Operator, tiny_inventory


def production(operator: Operator, folder: Path, uid: str | None, context: str = "lab-ndc1") -> Path:
    """The inventory with the lab's cluster declared as production's."""
    inventory = tiny_inventory(folder / "production")
    path = inventory / "sites" / f"{operator.site}.yaml"
    declared = {"context": context, **({"uid": uid} if uid else {})}
    document = yaml.safe_load(path.read_text())
    document["kubernetes"] = {**document["kubernetes"], **declared}
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    return inventory


def bad_token(operator: Operator, folder: Path) -> Path:
    document = yaml.safe_load(operator.kubeconfig.read_text())
    for user in document["users"]:
        user["user"] = {"token": "expired"}
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path
