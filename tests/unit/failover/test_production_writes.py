"""What the judge of drills calls a write to production."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.production import AuditLogs, production_write


def event(user: str = "operator", verb: str = "patch", code: int = 200, **target: str) -> dict[str, Any]:
    return {
        "stage": "ResponseComplete",
        "verb": verb,
        "user": {"username": user},
        "objectRef": target,
        "responseStatus": {"code": code},
    }


PRODUCTION = {"namespace": "ndc-data", "resource": "deployments", "name": "web"}
COPY = {"namespace": "drill-x-web", "resource": "deployments", "name": "web"}


@pytest.mark.parametrize(
    ("found", "is_write"),
    [
        (event(**PRODUCTION), True),
        (event(user="system:kube-controller-manager", **PRODUCTION), True),
        (event(user="system:kube-controller-manager", subresource="status", **PRODUCTION), False),
        (event(user="operator", subresource="status", **PRODUCTION), True),
        (event(user="ndcops-lab:kwok", namespace="ndc-data", resource="pods", name="web-0"), False),
        (event(user="operator", namespace="ndc-data", resource="pods", name="web-0", verb="delete"), True),
        (event(verb="get", **PRODUCTION), False),
        (event(code=409, **PRODUCTION), False),
        (event(**COPY), False),
        (event(verb="create", resource="namespaces", name="drill-x-web"), False),
        (event(verb="delete", resource="namespaces", name="ndc-data"), True),
        (event(verb="create", apiGroup="authorization.k8s.io", resource="selfsubjectaccessreviews"), False),
        (event(verb="patch", resource="networkfences", name="ndc-ndc1"), True),
    ],
)
def test_a_write_to_production(found: dict[str, Any], is_write: bool) -> None:
    assert bool(production_write(found)) == is_write


def test_only_what_came_after_counts(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(json.dumps(event(**PRODUCTION)) + "\n")
    logs = AuditLogs.from_now({"ndc1": log})
    with log.open("a") as file:
        file.write(json.dumps(event(**COPY)) + "\n" + json.dumps(event(**PRODUCTION)) + "\n")

    assert logs.production_writes() == ["ndc1: operator patch ndc-data/deployments/web"]
    assert logs.drill_writes() == 1
    log.write_text("")
    with pytest.raises(AssertionError, match="rotated"):
        logs.production_writes()
