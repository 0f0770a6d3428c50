"""What keeps a system's data at both of its sites: a VolumeReplication for each volume, a CloudNativePG cluster.

Pure; the compute layer registers what it returns. Both sites hold the same objects in opposite roles; which of
them is primary is changed by failover alone. Only kinds that the cluster serves are declared.
"""

from ndcops.model.object_names import storage_class, workload_object
from ndcops.model.record import JsonObject
from ndcops.model.service import Service
from ndcops.model.site import Replication, Site
from stacks.components.manifest import Manifest, manifest
from stacks.components.service_objects import identity_labels

_VOLUMES = "replication.storage.openshift.io"
_POSTGRES = "postgresql.cnpg.io"
_FENCES = "csiaddons.openshift.io"


def replication_objects(
    site: Site, service: Service, namespace: str, storage_outputs: JsonObject | None, api_groups: tuple[str, ...]
) -> list[Manifest]:
    """Replicated volumes and the database cluster of a system at a site; api_groups empty: all are served."""
    found: list[Manifest] = []
    if _serves(api_groups, _VOLUMES):
        found += _volume_replications(site, service, namespace, storage_outputs)
    if service.database and service.database.engine == "cloudnativepg" and _serves(api_groups, _POSTGRES):
        found.append(_database_cluster(site, service, namespace, storage_outputs))
    return found


def fence_classes(site: Site, api_groups: tuple[str, ...]) -> list[Manifest]:
    """For each provisioner whose volumes are replicated: how its storage fences a lost site off."""
    if not _serves(api_groups, _FENCES):
        return []
    provisioners = sorted({tier.provisioner for tier in site.tiers if tier.replication is not Replication.NONE})
    return [
        manifest(f"{_FENCES}/v1alpha1", "NetworkFenceClass", f"ndc-{name}", {"spec": {"provisioner": name}})
        for name in provisioners
    ]


def _serves(api_groups: tuple[str, ...], group: str) -> bool:
    return not api_groups or group in api_groups


def _volume_replications(
    site: Site, service: Service, namespace: str, storage_outputs: JsonObject | None
) -> list[Manifest]:
    """One for each claim of a StatefulSet (`data-NAME-NUMBER`); the same name at both sites makes a pair."""
    replicated = {tier.name for tier in site.tiers if tier.replication is not Replication.NONE}
    role = "primary" if service.home == site.name else "secondary"
    found = []
    for workload in service.workloads:
        if workload.volume is None or workload.volume.tier not in replicated:
            continue
        for number in range(workload.replicas):
            claim = f"data-{workload_object(service, workload)}-{number}"
            spec = {
                "volumeReplicationClass": storage_class(workload.volume.tier, storage_outputs),
                "replicationState": role,
                "autoResync": False,
                "dataSource": {"apiGroup": "", "kind": "PersistentVolumeClaim", "name": claim},
            }
            found.append(
                _object(site, service, namespace, f"{_VOLUMES}/v1alpha1", "VolumeReplication", claim, spec)
            )
    return found


def _database_cluster(
    site: Site, service: Service, namespace: str, storage_outputs: JsonObject | None
) -> Manifest:
    """One cluster a site, home is primary (cloudnative-pg, docs/src/replica_cluster.md).

    A site reaches the other's cluster by the name `ID-db.SITE` in the country's zone, with a client certificate
    that the site's administrators put into the Secret `ID-replication`.
    """
    need = service.database
    assert need is not None  # noqa: S101 - asked for by the caller
    other = service.standby if service.home == site.name else service.home
    spec: JsonObject = {
        "instances": need.members_per_site,
        "storage": {"size": need.size, "storageClass": storage_class(need.tier, storage_outputs)},
        "replica": {
            "self": site.name,
            "primary": service.home,
            "source": other if service.home == site.name else service.home,
        },
        "externalClusters": [_external(service, name, site.dns.zone) for name in (service.home, service.standby)],
        "bootstrap": (
            {"initdb": {"database": "app", "owner": "app"}}
            if service.home == site.name
            else {"pg_basebackup": {"source": service.home}}
        ),
    }
    return _object(site, service, namespace, f"{_POSTGRES}/v1", "Cluster", service.id, spec)


def _external(service: Service, site_name: str, own_zone: str) -> JsonObject:
    country = own_zone.partition(".")[2]
    secret = f"{service.id}-replication"
    return {
        "name": site_name,
        "connectionParameters": {
            "host": f"{service.id}-db.{site_name}.{country}",
            "user": "streaming_replica",
            "dbname": "postgres",
            "sslmode": "verify-full",
        },
        "sslKey": {"name": secret, "key": "tls.key"},
        "sslCert": {"name": secret, "key": "tls.crt"},
        "sslRootCert": {"name": f"{service.id}-ca", "key": "ca.crt"},
    }


def _object(
    site: Site, service: Service, namespace: str, api_version: str, kind: str, name: str, spec: JsonObject
) -> Manifest:
    labels = identity_labels(site, service)
    return manifest(api_version, kind, name, {"spec": spec}, namespace=namespace, labels=labels)
