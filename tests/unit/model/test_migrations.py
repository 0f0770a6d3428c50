"""Versions go up step by step; newer and unknown ones are refused."""

import pytest

from ndcops.model.migrations import Migration, migrate

STEPS = (
    Migration("Site", "ndcops/v1", "ndcops/v2", lambda site: {**site, "two": True}),
    Migration("Site", "ndcops/v2", "ndcops/v3", lambda site: {**site, "three": True}),
)


def test_goes_up_step_by_step():
    lifted = migrate({"apiVersion": "ndcops/v1"}, kind="Site", migrations=STEPS, current="ndcops/v3")
    assert lifted == {"apiVersion": "ndcops/v3", "two": True, "three": True}


def test_leaves_the_given_document_as_it_was():
    document = {"apiVersion": "ndcops/v2"}
    migrate(document, kind="Site", migrations=STEPS, current="ndcops/v3")
    assert document == {"apiVersion": "ndcops/v2"}


@pytest.mark.parametrize(
    ("version", "kind", "message"),
    [
        ("ndcops/v4", "Site", "newer than this release"),
        ("ndcops/v1", "Service", "too old"),
        ("ndcops/v01", "Site", "not a version"),
        ("other/v1", "Site", "not a version"),
        (1, "Site", "not a version"),
        (None, "Site", "not a version"),
    ],
)
def test_refuses(version, kind, message):
    with pytest.raises(ValueError, match=message):
        migrate({"apiVersion": version}, kind=kind, migrations=STEPS, current="ndcops/v3")


def test_a_step_that_does_not_go_up_ends():
    loop = (Migration("Site", "ndcops/v1", "ndcops/v1", dict),)
    with pytest.raises(ValueError, match="too old"):
        migrate({"apiVersion": "ndcops/v1"}, kind="Site", migrations=loop, current="ndcops/v2")
