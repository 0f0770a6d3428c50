"""All layers: what holds for every object, the same program for every site, and input that is wrong."""

import json
from collections import Counter

import pytest

from ndcops.model.errors import InvalidInput
from ndcops.model.object_names import bounded
from ndcops.model.stack_input import LAYERS
from tests.stacks.recorded import run_layer, run_program
from tests.stacks.sample import stack_input


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(("site", "number"), [("ndc1", 1), ("ndc2", 2), ("ndc4", 4)])
def test_the_same_program_serves_every_site(layer: str, site: str, number: int) -> None:
    recorded = run_layer(layer, stack_input(site, number))
    assert recorded.objects
    assert len(recorded.by_name()) == len(recorded.objects)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_object_is_named_and_has_only_plain_values(layer: str) -> None:
    recorded = run_layer(layer, stack_input())
    for each in recorded.objects:
        assert each["metadata"]["name"]
        assert len(each["metadata"]["name"]) <= 63
        assert "null" not in json.dumps(each)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_second_run_registers_the_same(layer: str) -> None:
    first, second = (run_program(layer, stack_input().model_dump_json(by_alias=True)) for _ in range(2))
    assert first.by_name() == second.by_name()


@pytest.mark.parametrize("layer", LAYERS)
def test_the_provider_is_pinned_to_the_cluster(layer: str) -> None:
    given = stack_input()
    (provider,) = run_layer(layer, given).providers
    assert provider["clusterIdentifier"] == given.cluster_uid
    assert provider["kubeconfig"] == given.kubeconfig
    assert provider["context"] == "lab-ndc1"


def test_nothing_asks_for_rights_over_everything() -> None:
    for layer in LAYERS:
        recorded = run_layer(layer, stack_input())
        assert not [each for each in recorded.objects if "rbac" in each["apiVersion"]]
        assert '"*"' not in json.dumps(recorded.objects)


def test_a_layer_takes_names_from_the_layers_before_it() -> None:
    upstream = {"network": {"zones": {"data": "elsewhere"}}, "storage": {"classes": {"fast": "quick"}}}
    recorded = run_layer("compute", stack_input(upstream=upstream))
    store = recorded.named("StatefulSet", "population-store")
    assert store["metadata"]["namespace"] == "elsewhere"
    assert store["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "quick"
    quotas = run_layer("storage", stack_input(upstream=upstream)).of_kind("ResourceQuota")
    assert Counter(each["metadata"]["namespace"] for each in quotas)["elsewhere"] == 1


def test_the_names_of_a_first_preview_are_those_that_the_layers_give() -> None:
    given = stack_input()
    outputs = {layer: run_layer(layer, given).outputs for layer in ("network", "storage")}
    first = run_layer("compute", given)
    later = run_layer("compute", stack_input(upstream=outputs))
    assert first.by_name() == later.by_name()


@pytest.mark.parametrize("text", ["", "{", "{}", '{"site": 1}'])
def test_refuses_configuration_that_is_no_site(text: str) -> None:
    with pytest.raises(InvalidInput, match="ndcops:site") as caught:
        run_program("network", text)
    assert caught.value.details


def test_long_names_stay_unique_and_short() -> None:
    first, second = bounded("a" * 62 + "-one"), bounded("a" * 62 + "-two")
    assert len(first) == len(second) == 63
    assert first != second
