"""Network fences (csi-addons NetworkFence): a site's storage lets another site's nodes write no more; port Fences.

A fence is the cluster's, one for each victim. Its status says `Succeeded` for the last operation only, and has no
generation: the message tells which operation that was (networkfence_types.go).
"""

from collections.abc import Mapping
from typing import Final

from ndcops.adapters.kubernetes_api.connection import shape_checked
from ndcops.adapters.kubernetes_api.failover.site_objects import (
    NETWORK_FENCE,
    NETWORK_FENCE_CLASS,
    SiteObjects,
    epoch_of,
    refuse_newer,
)
from ndcops.model.errors import Refused
from ndcops.model.failover import EPOCH_ANNOTATION, Changed, FenceState
from ndcops.model.record import JsonObject

_DONE: Final = {"Fenced": "fencing operation successful", "Unfenced": "unfencing operation successful"}


class NetworkFences:
    """Fences in the target's clusters. addresses: the CIDRs of each site's nodes, as others' storage sees them."""

    def __init__(self, objects: SiteObjects, addresses: Mapping[str, tuple[str, ...]]) -> None:
        self._objects = objects
        self._addresses = addresses

    def read(self, site: str, victim: str) -> FenceState | None:
        """The fence; not fenced and done when none stands, None where none is possible. Raises Unreachable."""
        with shape_checked(self._objects.cluster(site)):
            live = self._objects.get(site, _path(victim))
            if live is not None:
                return self._state(site, victim, live)
            if not self._addresses.get(victim) or self._class(site) is None:
                return None
            return FenceState(site=site, victim=victim, fenced=False, done=True)

    def set_fenced(self, site: str, victim: str, fenced: bool, *, epoch: int) -> FenceState:
        """Create or change the fence. Raises Overtaken, Changed, Unreachable, Refused where none is possible."""
        with shape_checked(self._objects.cluster(site)):
            wanted, live = "Fenced" if fenced else "Unfenced", self._objects.get(site, _path(victim))
            if live is None:
                self._create(site, victim, wanted, epoch)
                return FenceState(site=site, victim=victim, fenced=fenced, done=False, epoch=epoch)
            refuse_newer(f"{site}: fence against {victim}", epoch_of(live), epoch)
            spec = {"fenceState": wanted, "cidrs": list(self._cidrs(victim))}
            written = self._objects.patch(
                site, _path(victim), {"spec": spec}, expect=live["metadata"]["resourceVersion"], epoch=epoch
            )
            return self._state(site, victim, written)

    def _create(self, site: str, victim: str, wanted: str, epoch: int) -> None:
        name = self._class(site)
        if name is None:
            raise Refused(
                f"{site} has no NetworkFenceClass: its storage cannot fence {victim} off",
                resolution=f"install one for {site}'s storage, or fence {victim} by hand and accept that risk",
            )
        document = {
            "apiVersion": "csiaddons.openshift.io/v1alpha1",
            "kind": NETWORK_FENCE.name,
            "metadata": {"name": _name(victim), "annotations": {EPOCH_ANNOTATION: str(epoch)}},
            "spec": {
                "networkFenceClassName": name,
                "fenceState": wanted,
                "cidrs": list(self._cidrs(victim)),
            },
        }
        if not self._objects.create(site, NETWORK_FENCE.path(""), document):
            raise Changed(f"{site}: somebody else has just made the fence against {victim}")

    def _class(self, site: str) -> str | None:
        """The site's fence class: the first by name, since one storage system serves a site."""
        found = sorted(
            str(each["metadata"]["name"]) for each in self._objects.list_all(site, NETWORK_FENCE_CLASS.path(""))
        )
        return found[0] if found else None

    def _cidrs(self, victim: str) -> tuple[str, ...]:
        found = self._addresses.get(victim, ())
        if not found:
            raise Refused(
                f"the addresses of {victim}'s nodes are not declared: nobody can fence them off",
                resolution="ndcops inventory show",
            )
        return found

    def _state(self, site: str, victim: str, live: JsonObject) -> FenceState:
        """A fence over other addresses than are declared today is not done: some node may still write."""
        status, wanted = live.get("status") or {}, live["spec"]["fenceState"]
        covers = set(self._addresses.get(victim, ())) <= set(live["spec"].get("cidrs") or ())
        message = status.get("message") or ""
        done = status.get("result") == "Succeeded" and message == _DONE.get(wanted)
        return FenceState(
            site=site,
            victim=victim,
            fenced=wanted == "Fenced",
            done=done and (covers or wanted != "Fenced"),
            message=message if covers else f"it covers other addresses than those declared for {victim}",
            epoch=epoch_of(live),
        )


def _name(victim: str) -> str:
    return f"ndc-{victim}"


def _path(victim: str) -> str:
    return NETWORK_FENCE.path("", _name(victim))
