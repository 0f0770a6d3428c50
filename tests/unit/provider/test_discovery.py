"""Kinds become resource paths: built-in ones without the network, others by one call, asked again on a miss."""

from typing import Any

import pytest

from ndcops.provider.discovery import Discovery, ObjectKind, UnknownKind


class Server:
    def __init__(self) -> None:
        self.groups: list[dict[str, Any]] = []
        self.calls: list[str] = []

    def fetch(self, path: str, accept: str) -> dict[str, Any]:
        self.calls.append(path)
        assert "apidiscovery.k8s.io" in accept
        return {"items": self.groups if path == "/apis" else []}


def _group(kind: str, scope: str) -> dict[str, Any]:
    resource = {"resource": f"{kind.lower()}s", "responseKind": {"kind": kind}, "scope": scope}
    return {"metadata": {"name": "e.org"}, "versions": [{"version": "v1", "resources": [resource]}]}


def test_built_in_kinds_need_no_network() -> None:
    server = Server()
    discovery = Discovery(server.fetch)
    assert discovery.find("apps/v1", "Deployment").path("a", "b") == "/apis/apps/v1/namespaces/a/deployments/b"
    assert discovery.find("v1", "Namespace").path("", "x") == "/api/v1/namespaces/x"
    assert discovery.is_namespaced("v1", "Secret")
    assert server.calls == []


def test_custom_kinds_are_asked_for_once() -> None:
    server = Server()
    server.groups = [_group("Widget", "Namespaced"), _group("Wide", "Cluster")]
    discovery = Discovery(server.fetch)
    assert discovery.find("e.org/v1", "Widget") == ObjectKind("e.org/v1", "Widget", "widgets", namespaced=True)
    assert not discovery.is_namespaced("e.org/v1", "Wide")
    assert server.calls == ["/api", "/apis"]


def test_a_kind_that_appears_later_is_found() -> None:
    server = Server()
    discovery = Discovery(server.fetch)
    with pytest.raises(UnknownKind, match="serves no kind Widget"):
        discovery.find("e.org/v1", "Widget")
    server.groups = [_group("Widget", "Namespaced")]
    assert discovery.find("e.org/v1", "Widget").plural == "widgets"


def test_names_cannot_leave_their_path() -> None:
    path = Discovery(Server().fetch).find("v1", "Secret").path("a/../b", "c?d")
    assert path == "/api/v1/namespaces/a%2F..%2Fb/secrets/c%3Fd"
