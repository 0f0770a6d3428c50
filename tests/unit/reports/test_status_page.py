"""The status page: complete in both languages, safe to open anywhere, honest about what is not known."""

from datetime import UTC, datetime

import pytest

from ndcops.model.document import Text
from ndcops.model.inventory import Inventory
from ndcops.model.site_status import PoolStatus, ServiceStatus, SiteCondition, StatusReport
from ndcops.model.stack_changes import ObjectChange, ObjectRef, Operation, StackChanges, StackId, Writer
from ndcops.reports.status_page import status_page
from tests.unit.reports.page_check import Page
from tests.unit.reports.sample_country import replaced, service, silent, site, whole_report

ATTACK = "</title></style><script>alert(1)</script><img src=x onerror=alert(1)>\"'{{ 7*7 }}"


def changes(operation: Operation = Operation.UPDATE, count: int = 1, **more: object) -> StackChanges:
    """What drift found in the compute layer of ndc1."""
    deployment = ObjectRef(api_version="apps/v1", kind="Deployment", namespace="data", name="portal-api")
    change = ObjectChange.model_validate(
        {"urn": "urn:portal", "type": "Deployment", "operation": operation, "object": deployment, **more}
    )
    return StackChanges(stack=StackId(layer="compute", site="ndc1"), changes=(change,) * count, unchanged=10)


def test_page_is_balanced_and_its_references_lead_somewhere(report: StatusReport, inventory: Inventory) -> None:
    page = Page(status_page(report, inventory, (changes(),)))

    assert len(page.ids) == len(set(page.ids))
    assert set(page.references) <= set(page.ids)


def test_page_loads_nothing(report: StatusReport, inventory: Inventory) -> None:
    html = status_page(report, inventory, (changes(),))

    assert Page(html).loads == []
    assert "default-src 'none'" in html
    assert "http://" not in html
    assert "https://" not in html


def test_page_stays_small(report: StatusReport, inventory: Inventory) -> None:
    crowded = inventory.model_copy(update={"services": tuple(service(f"system-{index}") for index in range(60))})

    assert len(status_page(whole_report(crowded), crowded).encode()) < 300_000


def test_same_facts_give_the_same_page(report: StatusReport, inventory: Inventory) -> None:
    assert status_page(report, inventory) == status_page(report, inventory)


def test_whatever_people_write_is_shown_as_text() -> None:
    title = Text(vi=ATTACK, en=f"{ATTACK} en")
    location = {"place": ATTACK, "province": ATTACK, "latitude": 0, "longitude": 0}
    power = {"it_load_mw": 1, "feeds": 1, "redundancy": "N", "as_of": ATTACK, "source": ATTACK}
    centre = site(1, title=title.model_dump(), location=location, power=power)
    inventory = Inventory(
        sites=(centre, site(2)), services=(service("portal", title=title.model_dump(), owner=ATTACK),)
    )
    report = whole_report(inventory, target=ATTACK).model_copy(update={"taken_at": ATTACK, "simulated": (ATTACK,)})
    report = replaced(report, silent("ndc2", ATTACK))
    found = changes(paths=(ATTACK,), writers=(Writer(manager=ATTACK, operation="Update", user=ATTACK),))

    page = Page(status_page(report, inventory, (found,)))

    assert page.loads == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert page.text.count("<script>alert(1)</script>") >= 12
    assert "{{ 7*7 }}" in page.text


def test_both_languages_are_in_the_page_vietnamese_first(report: StatusReport, inventory: Inventory) -> None:
    html = status_page(report, inventory)

    assert html.startswith('<!doctype html>\n<html lang="vi">')
    assert 'id="language-vi" checked' in html
    assert html.count('lang="vi"') - html.count('<html lang="vi"') == html.count('lang="en"')
    assert html.index("Hiện trạng các trung tâm") < html.index("Status of the data centres")


@pytest.mark.parametrize(
    "expected",
    [
        "DIỄN TẬP",
        "REHEARSAL",
        "09:41:30 ngày 22/11/2026 UTC",
        "2026-11-22 09:41:30 UTC",
        "máy chủ và pod (KWOK)",
        "a thing of its own",
        "v1.36.2",
        "44/44",
        "118",
        "18,5 MW · 2 nguồn · 2N",
        "18.5 MW · feeds: 2 · 2N",
        "as of 2025-08; source: hồ sơ mời",
        "1,5 TiB",
        "5432",
        "514/udp",
        "10.10.0.0/24",
        "tối mật",
        "15 phút",
        "at NDC2",
    ],
)
def test_page_shows(expected: str, report: StatusReport, inventory: Inventory) -> None:
    assert expected in status_page(report, inventory)


def test_a_silent_centre_is_named_with_its_reason(report: StatusReport, inventory: Inventory) -> None:
    page = Page(status_page(replaced(report, silent("ndc2", "x509: unknown authority")), inventory))

    reason = "does not answer: x509: unknown authority. 1 system at home there is in an unknown state."
    assert reason in page.text
    assert "2/3" in page.text
    assert "Nothing: every centre" not in page.text


def test_a_silent_centre_is_drawn_as_silent_and_its_links_broken(
    report: StatusReport, inventory: Inventory
) -> None:
    html = status_page(replaced(report, silent("ndc2")), inventory)

    assert 'class="centre silent"' in html
    assert html.count('class="link broken"') == 4
    assert html.count('class="link up"') == 2 + 1


def test_a_whole_country_needs_no_attention(report: StatusReport, inventory: Inventory) -> None:
    html = status_page(report, inventory)

    assert "Nothing: every centre that was asked answers" in html
    assert 'class="link broken"' not in html


@pytest.mark.parametrize("count", [1, 3, 4, 6])
def test_any_number_of_centres_is_drawn(count: int) -> None:
    inventory = Inventory(sites=tuple(site(number) for number in range(1, count + 1)))
    html = status_page(whole_report(inventory), inventory)
    page = Page(html)

    assert sum(name.startswith("centre-ndc") for name in page.ids) == count
    assert html.count("<use ") == 2 * count
    assert f"{count}/{count}" in page.text


def test_a_planned_centre_is_no_alarm(report: StatusReport, inventory: Inventory) -> None:
    planned = inventory.model_copy(update={"sites": (*inventory.sites, site(4, status="planned"))})
    html = status_page(report, planned)

    assert 'class="centre planned"' in html
    assert "Nothing: every centre" in html


def test_an_empty_inventory_still_makes_a_page() -> None:
    page = Page(status_page(StatusReport(target="lab", taken_at="", sites=()), Inventory(sites=())))

    assert "0/0" in page.text
    assert "The inventory declares no systems." in page.text


def test_production_is_not_called_a_rehearsal(inventory: Inventory) -> None:
    html = status_page(whole_report(inventory, "production"), inventory)

    assert 'class="target production"' in html
    assert "REHEARSAL" not in html


def test_drift_names_the_object_its_fields_and_who_wrote_them(report: StatusReport, inventory: Inventory) -> None:
    writer = Writer(
        manager="kubectl-edit",
        operation="Update",
        user="nguyen.van.a",
        time=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    )
    page = Page(status_page(report, inventory, (changes(paths=("spec.replicas",), writers=(writer,)),)))

    for expected in ("Deployment data/portal-api", "spec.replicas", "nguyen.van.a", "2026-11-22 09:00:00 UTC"):
        assert expected in page.text


def test_what_was_not_compared_is_not_called_free_of_drift(report: StatusReport, inventory: Inventory) -> None:
    uncompared = status_page(report, inventory)
    compared = status_page(report, inventory, (changes(Operation.SAME),))

    assert "did not compare" in uncompared
    assert "No differences: 1 stack compared." in compared


def test_a_large_drift_is_cut_and_says_so(report: StatusReport, inventory: Inventory) -> None:
    assert "and 300 more objects" in status_page(report, inventory, (changes(count=500),))


def test_centres_with_other_rules_have_a_matrix_of_their_own(inventory: Inventory) -> None:
    other = site(3)
    network = other.network.model_copy(update={"flows": ()})
    sites = (*inventory.sites[:2], other.model_copy(update={"network": network}))
    different = inventory.model_copy(update={"sites": sites})
    html = status_page(whole_report(different), different)

    assert html.count('class="matrix"') == 2
    assert "NDC1, NDC2" in html


@pytest.mark.parametrize(
    ("pools", "services", "expected"),
    [
        ((("general", 40, 38), ("gpu", 4, 4)), (("portal", 2, 2),), "pool general: only 38/40 nodes are Ready"),
        ((("general", 30, 30), ("gpu", 4, 4)), (("portal", 2, 2),), "the cluster has 30 nodes, 40 are declared"),
        ((("general", 40, 40),), (("portal", 2, 2),), "pool gpu: the cluster has no such nodes"),
        ((("general", 40, 40), ("gpu", 4, 4), ("old", 1, 1)), (("portal", 2, 2),), "pool old: 1 node is not"),
        ((("general", 40, 40), ("gpu", 4, 4)), (("portal", 2, 1),), "System portal: 1/2 replicas ready at NDC1"),
        ((("general", 40, 40), ("gpu", 4, 4)), (("portal", 2, 0),), "no replica is ready at NDC1"),
        ((("general", 40, 40), ("gpu", 4, 4)), (), "System portal: not deployed at NDC1"),
    ],
)
def test_what_is_short_of_its_plan_is_said(
    pools: tuple[tuple[str, int, int], ...],
    services: tuple[tuple[str, int, int], ...],
    expected: str,
    inventory: Inventory,
) -> None:
    condition = SiteCondition(
        site="ndc1",
        version="v1.36.2",
        pools=tuple(PoolStatus(pool=name, nodes=nodes, ready=ready) for name, nodes, ready in pools),
        services=tuple(
            ServiceStatus(service=name, replicas=count, ready=ready) for name, count, ready in services
        ),
    )
    report = whole_report(inventory, "production")
    entry = report.sites[0].model_copy(update={"condition": condition})

    assert expected in status_page(replaced(report, entry), inventory)


def test_a_layer_that_was_never_applied_is_said(report: StatusReport, inventory: Inventory) -> None:
    entry = report.sites[0].model_copy(update={"objects": {"network": 118, "compute": None}})

    assert "layer compute was never applied" in status_page(replaced(report, entry), inventory)


def test_a_system_that_runs_at_its_standby_is_said(report: StatusReport, inventory: Inventory) -> None:
    moved = {"ndc1": 0, "ndc2": 2}
    for name, count in moved.items():
        entry = next(site for site in report.sites if site.site == name)
        assert entry.condition
        services = tuple(
            status.model_copy(update={"replicas": count, "ready": count}) if status.service == "portal" else status
            for status in entry.condition.services
        )
        condition = entry.condition.model_copy(update={"services": services})
        report = replaced(report, entry.model_copy(update={"condition": condition}))

    assert "System portal: runs at its standby NDC2" in status_page(report, inventory)


def test_a_smaller_lab_is_no_shortage_of_nodes(report: StatusReport, inventory: Inventory) -> None:
    entry = report.sites[0]
    assert entry.condition
    few = tuple(PoolStatus(pool=pool.pool, nodes=2, ready=2) for pool in entry.condition.pools)
    report = replaced(
        report, entry.model_copy(update={"condition": entry.condition.model_copy(update={"pools": few})})
    )

    html = status_page(report, inventory)

    assert "Nothing: every centre" in html
    assert "2/2 (40)" in html


def test_a_site_that_no_inventory_declares_is_said(report: StatusReport, inventory: Inventory) -> None:
    more = report.model_copy(update={"sites": (*report.sites, silent("ndc9"))})

    assert "is in the report but not in the inventory" in status_page(more, inventory)
