"""Files of an older version are lifted before they are read, and their errors still name lines."""

import pytest

from ndcops.adapters.inventory_files import read_inventory
from ndcops.model.errors import InvalidInput
from ndcops.model.migrations import MIGRATIONS, Migration

PORTAL = "services/portal.yaml"


def holder_to_owner(document):
    return {("owner" if key == "holder" else key): value for key, value in document.items()}


STEP = Migration("Service", "ndcops/v0", "ndcops/v1", holder_to_owner)


@pytest.fixture
def old_files(files):
    files.edit(PORTAL, "ndcops/v1", "ndcops/v0")
    files.edit(PORTAL, "owner: an agency", "holder: an agency")
    return files


def test_a_registered_migration_lifts_an_older_file(old_files):
    assert read_inventory(old_files.root, migrations=[*MIGRATIONS, STEP]).service("portal").owner == "an agency"


def test_without_one_the_version_is_refused(old_files):
    assert old_files.problems() == [
        f"{PORTAL}:1: apiVersion: 'ndcops/v0' is too old for this release of ndcops; expected 'ndcops/v1'"
    ]


def test_errors_of_a_lifted_file_name_its_lines(old_files):
    old_files.edit(PORTAL, "rpo_s: 60", "rpo_s: -1")
    with pytest.raises(InvalidInput) as caught:
        read_inventory(old_files.root, migrations=[*MIGRATIONS, STEP])
    assert caught.value.details == (
        f"{old_files.root}/{PORTAL}:11: rpo_s: -1 is out of range; expected a whole number of at least 0",
    )
