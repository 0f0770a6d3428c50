"""Secrets stay marked, and out of messages."""

import pytest

from ndcops.provider.secrets import merged, redacted, secret_mask, secret_texts
from ndcops.provider.server import output_mask
from ndcops.provider.state import outputs, without_noise

SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "dmFsdWU="}}


def test_outputs_inputs_and_the_copy_of_the_inputs_are_marked() -> None:
    mask = output_mask(outputs(SECRET, SECRET, "m", "v1"), secret_mask(SECRET, False))
    assert mask == {"data": True, "__inputs": {"data": True}}


def test_program_secrets_are_marked_in_the_live_object_too() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"token": "x"}}
    mask = output_mask(outputs(pod, pod, "m", "v1"), {"spec": {"token": True}})
    assert mask == {"spec": {"token": True}, "__inputs": {"spec": {"token": True}}}


def test_the_last_applied_annotation_with_its_clear_text_is_dropped() -> None:
    annotation = {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData": {"k": "value"}}', "b": "c"}
    live = {**SECRET, "metadata": {"name": "a", "annotations": annotation, "managedFields": [{}]}, "status": {}}
    assert without_noise(live) == {**SECRET, "metadata": {"name": "a", "annotations": {"b": "c"}}}


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (False, {"a": True}, {"a": True}),
        ({"a": {"b": True}}, {"a": {"c": True}}, {"a": {"b": True, "c": True}}),
        (True, {}, True),
    ],
)
def test_masks_add_up(first: object, second: object, expected: object) -> None:
    assert merged(first, second) == expected


def test_messages_lose_every_secret_text_longest_first() -> None:
    texts = secret_texts(
        {"data": {"a": "hunter2", "b": "hunter2-long", "c": "ab"}, "open": "plain"}, {"data": True}
    )
    assert redacted('Invalid value: "hunter2-long", "hunter2", plain, ab', texts) == (
        'Invalid value: "[secret]", "[secret]", plain, ab'
    )
