"""The one value that a stack's program reads: Pulumi config `ndcops:site`, as JSON."""

from pydantic import Field

from ndcops.model.document import Value
from ndcops.model.landing_zone import LandingZone
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Site

LAYERS = ("network", "storage", "compute")
"""The layers of a site, in the order in which they are applied."""

AGENCY_LAYER = "agency"
"""Beside them: one small stack for each site and agency, its landing zone."""


class MovedObject(Value):
    """An object of which failover decided something. spec: those parts of it, as they are now."""

    kind: str
    namespace: str
    name: str
    spec: JsonObject


class StackInput(Value):
    """A site, what it hosts, its cluster, and what the layers before it gave.

    `upstream` holds outputs by layer; a layer that was never applied is absent (first preview). `moved`: where
    failover left services. `api_groups`: those that the cluster serves, empty when that is not known.
    landing_zone: what an agency's stack makes, which hosts no services.
    """

    site: Site
    services: tuple[Service, ...] = ()
    target: str
    kubeconfig: str
    context: str
    cluster_uid: str | None = None
    landing_zone: LandingZone | None = None
    upstream: dict[str, JsonObject] = Field(default_factory=dict)
    moved: tuple[MovedObject, ...] = ()
    api_groups: tuple[str, ...] = ()
