"""Settings, kubeconfigs, and which changes mean another cluster."""

import json
from pathlib import Path
from typing import Any

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.provider.configure import check_config, config_values, replacing_config_keys
from ndcops.provider.kubeconfig import read_kubeconfig, resolve
from ndcops.provider.settings import parse_settings
from ndcops.provider.wire import UNKNOWN


def _kubeconfig(server: str = "https://a:6443", **user: Any) -> dict[str, Any]:
    return {
        "current-context": "one",
        "contexts": [{"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "team"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority-data": "QQ=="}}],
        "users": [{"name": "u", "user": user or {"token": "t"}}],
    }


A, B = json.dumps(_kubeconfig()), json.dumps(_kubeconfig("https://b:6443"))
SAME_AS_A = json.dumps(_kubeconfig(token="other"))


@pytest.mark.parametrize(
    ("olds", "news", "replaces"),
    [
        ({"kubeconfig": A}, {"kubeconfig": A}, []),
        ({"kubeconfig": A}, {"kubeconfig": SAME_AS_A}, []),
        ({"kubeconfig": A}, {"kubeconfig": B}, ["kubeconfig"]),
        ({"kubeconfig": A}, {"kubeconfig": UNKNOWN}, ["kubeconfig"]),
        ({"kubeconfig": A, "clusterIdentifier": "1"}, {"kubeconfig": B, "clusterIdentifier": "1"}, []),
        (
            {"kubeconfig": A, "clusterIdentifier": "1"},
            {"kubeconfig": A, "clusterIdentifier": "2"},
            ["clusterIdentifier"],
        ),
        ({"kubeconfig": A}, {"kubeconfig": A, "clusterIdentifier": "2"}, ["clusterIdentifier"]),
        ({"kubeconfig": A, "namespace": "a"}, {"kubeconfig": A, "namespace": "b"}, []),
        ({"kubeconfig": "/missing/a"}, {"kubeconfig": "/missing/b"}, ["kubeconfig"]),
    ],
)
def test_only_another_cluster_replaces_every_resource(olds: dict, news: dict, replaces: list[str]) -> None:
    assert replacing_config_keys(olds, news) == replaces


def test_inputs_win_over_configuration_and_that_over_the_environment() -> None:
    values = config_values(
        {"kubernetes:config:namespace": "a", "kubernetes:config:context": "c", "aws:x": "y"}, {"namespace": "b"}
    )
    environment = {"PULUMI_K8S_ENABLE_PATCH_FORCE": "true", "NDCOPS_FIELD_MANAGER": "ndcops"}
    settings = parse_settings({**values, "enableSecretMutable": "true"}, environment)
    assert (settings.namespace, settings.context) == ("b", "c")
    assert (settings.enable_patch_force, settings.enable_secret_mutable) == (True, True)
    assert settings.field_manager == "ndcops"


@pytest.mark.parametrize(
    "values",
    [{"renderYamlToDirectory": "out"}, {"enableServerSideApply": "false"}, {"enablePatchForce": "maybe"}],
)
def test_modes_that_are_not_served_are_refused(values: dict) -> None:
    with pytest.raises(InvalidInput):
        parse_settings(values, {})
    assert check_config(values)


def test_strict_mode_needs_kubeconfig_and_context() -> None:
    assert [name for name, _ in check_config({"strictMode": "true", "kubeconfig": A})] == ["context"]


def test_an_inline_kubeconfig_is_checked_at_once() -> None:
    assert check_config({"kubeconfig": A, "context": "one"}) == []
    ((name, reason),) = check_config({"kubeconfig": A, "context": "two"})
    assert name == "kubeconfig"
    assert "'two' is not in the kubeconfig; it has: one" in reason


def test_yaml_files_are_merged_and_paths_start_from_their_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from-file\n")
    first = tmp_path / "first.yaml"
    first.write_text("current-context: one\nusers:\n- {name: u, user: {tokenFile: token}}\n")
    second = tmp_path / "second.yaml"
    second.write_text(json.dumps(_kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}:{tmp_path / 'absent'}")
    access = resolve(*read_kubeconfig(""))
    assert access.headers() == {"Authorization": "Bearer from-file"}
    assert (access.server, access.namespace, access.ca_data) == ("https://a:6443", "team", b"A")


def test_a_rotated_token_file_is_read_again_after_a_refusal(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    access = resolve(_kubeconfig(tokenFile="token"), tmp_path)
    assert access.headers() == {"Authorization": "Bearer old"}
    assert access.renew() is False
    token.write_text("new")
    assert access.renew() is True
    assert access.headers() == {"Authorization": "Bearer new"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("/nowhere/kubeconfig", "cannot be read"),
        ("a: [\nb", "not YAML"),
        ("just\ntext", "no kubeconfig"),
        ("{}", "'' is not in"),
    ],
)
def test_a_broken_kubeconfig_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        resolve(*read_kubeconfig(text))


def test_missing_user_or_bad_base64_is_named() -> None:
    broken = _kubeconfig()
    broken["users"] = []
    with pytest.raises(InvalidInput, match="the user of context 'one' 'u'"):
        resolve(broken, Path())
    with pytest.raises(InvalidInput, match="client-certificate-data"):
        resolve(_kubeconfig(**{"client-certificate-data": "A"}), Path())
