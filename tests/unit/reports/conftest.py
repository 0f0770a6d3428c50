"""What the tests of the reports start from: a small country in which everything is whole."""

import pytest

from ndcops.model.coordination import Coordination
from ndcops.model.inventory import Inventory
from ndcops.model.site_status import StatusReport
from tests.unit.reports.sample_country import service, site, whole_report


@pytest.fixture
def inventory() -> Inventory:
    """Three centres, a portal that depends on a register at another centre, and the coordination store."""
    members = [{"site": f"ndc{number}", "endpoint": f"https://10.0.0.{number}:2379"} for number in (1, 2, 3)]
    return Inventory(
        sites=tuple(site(number) for number in (1, 2, 3)),
        services=(
            service("portal", depends_on=["register"]),
            service("register", "ndc2", "ndc3", classification="secret"),
        ),
        coordination=Coordination.model_validate({"members": members, "ca_file": "ca.pem"}),
    )


@pytest.fixture
def report(inventory: Inventory) -> StatusReport:
    """Every centre of the inventory answers and is whole."""
    return whole_report(inventory)
