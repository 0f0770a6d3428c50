"""Extended resources that a device class stands for: some nodes count them, others publish devices."""

from tests.oracle.cases.devices import DRIVER, add_slices
from tests.oracle.cases.draft import Draft

RESOURCE = "example.com/accelerator"


def extended_devices(draft: Draft) -> None:
    """The pod asks by the old name; on nodes without a device plugin the scheduler takes devices instead."""
    selector = {"cel": {"expression": f'device.driver == "{DRIVER}"'}}
    spec = {"selectors": [selector], "extendedResourceName": RESOURCE}
    draft.add("deviceclasses", "accelerators", {"spec": spec})
    add_slices(draft)
    published = {each["spec"].get("nodeName") for each in draft.objects["resourceslices"]}
    for node in draft.some(draft.nodes, 0.4):
        if node["metadata"]["name"] not in published:
            node["status"]["allocatable"][RESOURCE] = draft.one(("0", "1", "4"))
    resources = draft.pod["spec"]["containers"][0].setdefault("resources", {})
    amount = draft.one(("1", "1", "2", "3"))
    resources.setdefault("requests", {})[RESOURCE] = amount
    resources.setdefault("limits", {})[RESOURCE] = amount
