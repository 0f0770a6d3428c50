"""Engines the operator has already: which versions are good, and what becomes of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.toolchain import on_path
from ndcops.toolchain.build import ensure_source, source_status
from ndcops.toolchain.engines import KUBE, PULUMI

MakeScript = Callable[[str, str], Path]
KUBE_ANSWERS = {
    "etcd": "etcd Version: 3.6.11\nGit SHA: abc",
    "kube-apiserver": "Kubernetes v1.36.5",
    "kube-controller-manager": "Kubernetes v1.36.3+k3s1",
    "kube-scheduler": "Kubernetes v1.36.3",
    "kubectl": "Client Version: v1.36.4\nKustomize Version: v5.8.1",
    "kwok": "kwok version v0.8.0 go1.26.8 (linux/amd64)",
}


@pytest.fixture
def answering(script: MakeScript, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Put a program on PATH that prints an answer."""

    def make(name: str, answer: str) -> Path:
        path = script(name, f"cat <<'ANSWER'\n{answer}\nANSWER\n")
        monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")
        return path

    return make


@pytest.mark.parametrize("version", ["v3.246.0", "v3.246.7", "v3.300.1"])
def test_a_pulumi_as_new_as_ours_is_used(answering: Callable[[str, str], Path], version: str) -> None:
    theirs = answering("pulumi", version)

    folder = ensure_source(PULUMI)

    assert (folder / "pulumi").resolve() == theirs
    state = source_status(PULUMI)
    assert (state.state, state.path, state.version) == ("on_path", theirs, version[1:])


@pytest.mark.parametrize("version", ["v3.245.9", "v4.0.0", "v2.300.0", "v3.250.0-alpha.1", "3.250.0", "", "error"])
def test_an_older_strange_or_unfinished_pulumi_is_not(answering: Callable[[str, str], Path], version: str) -> None:
    answering("pulumi", version)

    assert on_path.found_on_path(PULUMI) is None


def test_a_program_that_fails_is_not_used(script: MakeScript, monkeypatch: pytest.MonkeyPatch) -> None:
    path = script("pulumi", "echo v3.300.0\nexit 1\n")
    monkeypatch.setenv("PATH", f"{path.parent}:/usr/bin:/bin")

    assert on_path.found_on_path(PULUMI) is None


def test_all_six_of_kubernetes_are_used_together(answering: Callable[[str, str], Path]) -> None:
    for name, answer in KUBE_ANSWERS.items():
        answering(name, answer)

    folder = ensure_source(KUBE)

    assert {path.name for path in folder.iterdir()} == {*KUBE_ANSWERS, "kwok-stages.yaml"}
    assert "kind: Stage" in (folder / "kwok-stages.yaml").read_text()
    assert ensure_source(KUBE) == folder
    assert not list(folder.parent.glob(".*"))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("kube-apiserver", "Kubernetes v1.35.9"),
        ("kube-scheduler", "Kubernetes v1.37.0"),
        ("kube-controller-manager", "Kubernetes v1.36.0-rc.0"),
        ("kubectl", "Client Version: v1.33.0"),
        ("etcd", "etcd Version: 3.5.21"),
        ("kwok", "kwok version v0.7.0 go1.24 (linux/amd64)"),
    ],
)
def test_one_wrong_version_of_six_is_enough_to_build_ours(
    answering: Callable[[str, str], Path], name: str, answer: str
) -> None:
    for each, good in KUBE_ANSWERS.items():
        answering(each, answer if each == name else good)

    assert on_path.found_on_path(KUBE) is None


def test_the_operators_choice_is_not_judged(script: MakeScript, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = script("pulumi-nightly", "echo v9.9.9-dev\n")
    monkeypatch.setenv("NDCOPS_PULUMI", str(chosen))

    assert (ensure_source(PULUMI) / "pulumi").resolve() == chosen
    assert source_status(PULUMI).version == "set by NDCOPS_PULUMI"


def test_a_choice_that_lacks_programs_names_them(script: MakeScript, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = script("etcd", "exit 0\n").parent
    monkeypatch.setenv("NDCOPS_KUBE_DIR", str(folder))

    with pytest.raises(InvalidInput, match=r"NDCOPS_KUBE_DIR=.* has not what engine kube needs") as caught:
        ensure_source(KUBE)

    assert len(caught.value.details) == 5
    assert f"not an executable file: {folder}/kwok" in caught.value.details
