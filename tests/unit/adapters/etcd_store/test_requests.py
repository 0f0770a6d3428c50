"""What is asked of an etcd, in its gateway's words."""

import base64

from ndcops.adapters.etcd_store.requests import (
    Compare,
    Delete,
    KeyValue,
    Put,
    Read,
    after_prefix,
    key_values,
    range_request,
    read_answers,
    transaction,
)


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_a_transaction_in_the_gateways_words() -> None:
    compares = [Compare("k", "create_revision", 0), Compare("k", "value", b"v"), Compare("k", "mod_revision", 7)]
    assert transaction(compares, [Put("k", b"v", 9), Put("k", b"v"), Delete("k")], [Read("k")]) == {
        "compare": [
            {"key": _b64("k"), "target": "CREATE", "result": "EQUAL", "create_revision": "0"},
            {"key": _b64("k"), "target": "VALUE", "result": "EQUAL", "value": _b64("v")},
            {"key": _b64("k"), "target": "MOD", "result": "EQUAL", "mod_revision": "7"},
        ],
        "success": [
            {"request_put": {"key": _b64("k"), "value": _b64("v"), "lease": "9"}},
            {"request_put": {"key": _b64("k"), "value": _b64("v")}},
            {"request_delete_range": {"key": _b64("k")}},
        ],
        "failure": [{"request_range": {"key": _b64("k")}}],
    }


def test_a_prefix_ends_before_its_next_sibling() -> None:
    assert after_prefix("runs/a/") == b"runs/a0"
    asked = range_request("runs/a/", "runs/a/3\0", limit=2, revision=0)
    assert asked == {"key": _b64("runs/a/3\0"), "range_end": _b64("runs/a0"), "limit": "2"}
    assert range_request("a/", "a/", limit=2, revision=5)["revision"] == "5"


def test_zeros_that_the_gateway_leaves_out() -> None:
    assert key_values({}) == ()
    assert key_values({"kvs": [{"key": _b64("k")}]}) == (KeyValue("k", b"", 0, 0, 0),)
    found = {"key": _b64("k"), "value": _b64("v"), "create_revision": "3", "mod_revision": "4", "lease": "5"}
    answer = {"responses": [{"response_put": {}}, {"response_range": {"kvs": [found]}}, {"response_range": {}}]}
    assert read_answers(answer) == ((KeyValue("k", b"v", 3, 4, 5),), ())
