"""The storage layer of a site: the classes of its tiers, and each zone's quota; `stacks/storage` runs it."""

import pulumi

from ndcops.model.object_names import storage_class
from ndcops.model.record import JsonObject
from ndcops.model.stack_input import StackInput
from stacks.components.registration import cluster_provider, register_all
from stacks.components.storage_objects import tier_objects
from stacks.components.storage_quotas import quota_objects


class SiteStorage(pulumi.ComponentResource):
    """Everything that the storage layer puts into a site's cluster."""

    def __init__(self, given: StackInput) -> None:
        options = pulumi.ResourceOptions(providers=[cluster_provider(given)])
        super().__init__("ndcops:site:Storage", given.site.name, None, options)
        register_all(tier_objects(given.site), self)
        register_all(quota_objects(given.site, given.services, given.upstream.get("network")), self)
        self.register_outputs({})


def storage_outputs(given: StackInput) -> JsonObject:
    """What the compute layer reads: each tier's class."""
    return {"classes": {tier.name: storage_class(tier.name) for tier in given.site.tiers}}
