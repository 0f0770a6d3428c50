"""Makes a CloudNativePG Cluster anew as a replica: a primary that has gone its own way can never stream again.

A Cluster cannot be told to clone itself once more, so it is removed and created, its instances cloned from the new
primary. Between the two, what shall be created stands in a ConfigMap beside it: whoever is cut off there, or takes
over from another machine, goes on from that.
"""

import json
from typing import Final

from ndcops.adapters.kubernetes_api.failover.site_objects import CLUSTER, Kind, SiteObjects, epoch_of, refuse_newer
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import EPOCH_ANNOTATION, Changed, ObjectRef
from ndcops.model.object_names import DOMAIN, SERVICE_LABEL
from ndcops.model.record import JsonObject

CLONED_FROM: Final = f"{DOMAIN}/cloned-from"
"""On a Cluster that was made anew: from which site, and in which epoch."""
_NOTE: Final = Kind("ConfigMap", "/api/v1", "configmaps")
_KEPT_ANNOTATIONS: Final = ("pulumi.com/", "ndcops/")


def reclone(objects: SiteObjects, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> JsonObject:
    """One step of the way to a Cluster cloned from `primary`; gives it as it is or will be.

    Raises Overtaken, Changed (also while the old one is still being removed), Unreachable.
    """
    live = objects.get(ref.site, CLUSTER.path(ref.namespace, ref.name))
    note = pending(objects, ref.site, ref.namespace, ref.name)
    if live is None:
        return _create(objects, ref, note, epoch)
    refuse_newer(str(ref), epoch_of(live), epoch)
    if _mark(live) == f"{primary}/{epoch}":
        if note is not None:
            _remove_note(objects, ref)
        return live
    if live["metadata"].get("deletionTimestamp"):
        raise Changed(f"{ref} is still being removed")
    if live["metadata"]["resourceVersion"] != expect:
        raise Changed(f"{ref} was written by somebody else since it was read")
    document = _anew(live, ref, primary, epoch)
    _write_note(objects, ref, document)
    objects.delete(ref.site, CLUSTER.path(ref.namespace, ref.name), live["metadata"]["uid"], version=expect)
    return _waiting(document)


def pending(objects: SiteObjects, site: str, namespace: str, name: str) -> JsonObject | None:
    """The Cluster that shall be created, as it stands in its note; None without one."""
    note = objects.get(site, _NOTE.path(namespace, _note_name(name)))
    return None if note is None else _waiting(json.loads(note["data"]["cluster"]))


def pending_of_service(objects: SiteObjects, site: str, namespace: str, service: str) -> JsonObject | None:
    """The Cluster of a service that shall be created, when there is one."""
    selector = f"{SERVICE_LABEL}={service},{DOMAIN}/note=reclone"
    found = objects.list_all(site, _NOTE.path(namespace), selector)
    return _waiting(json.loads(found[0]["data"]["cluster"])) if found else None


def _anew(live: JsonObject, ref: ObjectRef, primary: str, epoch: int) -> JsonObject:
    """The same Cluster, to be cloned from `primary` and to follow it."""
    metadata = live["metadata"]
    kept = {
        key: value
        for key, value in (metadata.get("annotations") or {}).items()
        if key.startswith(_KEPT_ANNOTATIONS)
    }
    annotations = kept | {EPOCH_ANNOTATION: str(epoch), CLONED_FROM: f"{primary}/{epoch}"}
    replica = {"self": ref.site, "primary": primary, "source": primary}
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": CLUSTER.name,
        "metadata": {
            "name": ref.name,
            "namespace": ref.namespace,
            "labels": metadata.get("labels") or {},
            "annotations": annotations,
        },
        "spec": live["spec"] | {"replica": replica, "bootstrap": {"pg_basebackup": {"source": primary}}},
    }


def _waiting(document: JsonObject) -> JsonObject:
    """The document as a Cluster that is not there yet."""
    metadata = document["metadata"] | {"resourceVersion": "", "generation": 0}
    return document | {"metadata": metadata, "status": {"phase": "removed, to be cloned anew"}}


def _create(objects: SiteObjects, ref: ObjectRef, note: JsonObject | None, epoch: int) -> JsonObject:
    if note is None:
        raise Changed(f"{ref} is gone", resolution=f"ndcops --site {ref.site} stack up")
    refuse_newer(str(ref), epoch_of(note), epoch)
    document = {key: value for key, value in note.items() if key != "status"}
    document["metadata"] = {
        k: v for k, v in note["metadata"].items() if k not in ("resourceVersion", "generation")
    }
    if not objects.create(ref.site, CLUSTER.path(ref.namespace), document):
        raise Changed(f"{ref}: somebody else has just created it")
    created = objects.read(ref)
    _remove_note(objects, ref)
    return created


def _write_note(objects: SiteObjects, ref: ObjectRef, document: JsonObject) -> None:
    labels = {SERVICE_LABEL: ref.service, f"{DOMAIN}/note": "reclone"}
    metadata = {"name": _note_name(ref.name), "namespace": ref.namespace, "labels": labels}
    note = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"cluster": json.dumps(document)},
    }
    if objects.create(ref.site, _NOTE.path(ref.namespace), note):
        return
    _remove_note(objects, ref)  # of an older try
    if not objects.create(ref.site, _NOTE.path(ref.namespace), note):
        raise NdcopsError(
            f"{ref}: its note {metadata['name']} cannot be written", resolution="ndcops failover resume"
        )


def _remove_note(objects: SiteObjects, ref: ObjectRef) -> None:
    path = _NOTE.path(ref.namespace, _note_name(ref.name))
    note = objects.get(ref.site, path)
    if note is not None:
        objects.delete(ref.site, path, note["metadata"]["uid"], owns_others=False)


def _mark(live: JsonObject) -> str:
    return str((live["metadata"].get("annotations") or {}).get(CLONED_FROM, ""))


def _note_name(cluster: str) -> str:
    return f"{cluster}-reclone"
