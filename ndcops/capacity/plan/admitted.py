"""Demands as the API server of a site would let them in: defaults filled in, limits and quotas kept."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ndcops.capacity.plan.admission import AdmissionRefused, admit, admit_claim, quota_room
from ndcops.capacity.plan.demand import Demand
from ndcops.model.record import JsonObject

KINDS = ("limitranges", "namespaces", "priorityclasses", "resourcequotas", "runtimeclasses", "storageclasses")
"""Objects that admission reads."""
Objects = Mapping[str, Sequence[JsonObject]]


class Door:
    """The admission of one site; what was let in before counts against the quotas that follow."""

    def __init__(self, objects: Objects) -> None:
        self._objects = {kind: tuple(objects.get(kind, ())) for kind in KINDS}
        self._guarded = {each["metadata"].get("namespace") for each in self._objects["resourcequotas"]}
        self._pods: list[tuple[JsonObject, int]] = []
        self._claims: list[tuple[JsonObject, int]] = []

    def let_in(self, demand: Demand) -> Demand:
        """The demand as it would be stored. Raises AdmissionRefused in the API server's words."""
        namespace = demand.pod["metadata"].get("namespace") or "default"
        pod = admit(demand.pod, self._objects)
        claims = tuple(
            admit_claim({**each, "metadata": {**each["metadata"], "namespace": namespace}}, self._objects)
            for each in demand.claims
        )
        if namespace in self._guarded:
            self._charge(demand, pod, claims)
        return replace(demand, pod=pod, claims=claims)

    def _charge(self, demand: Demand, pod: JsonObject, claims: tuple[JsonObject, ...]) -> None:
        room = quota_room(pod, self._objects, claims=claims, promised=self._pods, promised_claims=self._claims)
        if room.pods is not None and room.pods < demand.count:
            raise AdmissionRefused(f"{room.message} (room for {room.pods} of {demand.count} pods)")
        self._pods.append((pod, demand.count))
        self._claims += [(claim, demand.count) for claim in claims]
