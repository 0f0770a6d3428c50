"""Ports onto what keeps data in the simulated country: databases, clusters, volumes, fences."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ndcops.model.failover import (
    Changed,
    DatabaseMember,
    DatabaseState,
    FenceState,
    ObjectRef,
    Overtaken,
    ReplicaClusterState,
    VolumeRole,
    VolumeState,
)
from ndcops.model.service import Service
from tests.simulation.ports import EPOCH_ZERO, Seen
from tests.simulation.stores import ClusterObject
from tests.simulation.volume_store import VolumeObject


class SimulatedDatabases:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def read(self, service: Service) -> DatabaseState:
        seen, store = self._seen, self._seen.country.patroni[service.id]
        return seen.country.network.call_majority(seen.operator, lambda: self._state(service, store))

    def read_epoch(self, service: Service) -> int:
        seen, store = self._seen, self._seen.country.patroni[service.id]
        return seen.country.network.call_majority(seen.operator, lambda: int(store.epoch))

    def _state(self, service: Service, store: Any) -> DatabaseState:
        network = self._seen.country.network
        members = []
        for site in network.sites:
            answers = site in network.alive and network.goes(self._seen.operator.site, site)
            leads = store.leader == site and site in store.primary_at
            role = "leader" if leads else "sync_standby" if site in store.sync else "replica"
            lag = max(0, len(store.logs.get(store.leader, [])) - len(store.logs[site])) if answers else None
            members.append(
                DatabaseMember(
                    name=f"{service.id}-{site}",
                    site=site,
                    role=role if answers else "unknown",  # type: ignore[arg-type]
                    state=("running" if leads else "streaming") if answers else "unknown",
                    timeline=store.timeline,
                    lag_bytes=lag,
                    answers=answers,
                )
            )
        return DatabaseState(
            service=service.id,
            members=tuple(members),
            leader=f"{service.id}-{store.leader}" if store.leader else "",
            sync_standbys=tuple(f"{service.id}-{site}" for site in store.sync),
            synchronous=True,
            pending=store.pending,
            ttl_s=30,
            loop_wait_s=10,
            epoch=store.epoch,
        )

    def claim(self, service: Service, *, expect_epoch: int, epoch: int) -> None:
        store = self._seen.country.patroni[service.id]

        def effect() -> None:
            if store.epoch > epoch:
                raise Overtaken("the database is claimed by a newer epoch")
            if store.epoch != expect_epoch:
                raise Changed("the mark is another")
            store.epoch = epoch

        self._seen.country.network.call_majority(self._seen.operator, effect)

    def switchover(self, service: Service, *, leader: str, candidate: str, epoch: int) -> None:
        store = self._seen.country.patroni[service.id]

        def effect() -> None:
            self._check_epoch(store.epoch, epoch)
            if f"{service.id}-{store.leader}" != leader or store.pending:
                raise Changed("another leads, or a change is under way")
            store.switchover(store.leader, candidate.removeprefix(f"{service.id}-"))

        self._seen.country.network.call_majority(self._seen.operator, effect)

    def failover(self, service: Service, *, candidate: str, expect_leader: str, epoch: int) -> None:
        store = self._seen.country.patroni[service.id]

        def effect() -> None:
            self._check_epoch(store.epoch, epoch)
            if store.leader or expect_leader:
                raise Changed("there is a leader")
            store.failover(candidate.removeprefix(f"{service.id}-"))

        self._seen.country.network.call_majority(self._seen.operator, effect)

    def _check_epoch(self, held: int, epoch: int) -> None:
        if held > epoch:
            raise Overtaken("the database is claimed by a newer epoch")
        if held != epoch:
            raise Changed("the database is not claimed")


class SimulatedClusters:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def read(self, site: str, service: Service) -> ReplicaClusterState | None:
        store = self._seen.country.clusters[service.id]
        return self._seen.at(site, lambda: self._state(site, service.id) if site in store.objects else None)

    def _state(self, site: str, service: str) -> ReplicaClusterState:
        store = self._seen.country.clusters[service]
        held = store.objects[site]
        primary = next(iter(store.running_primary), "")
        lag = max(0, len(store.logs.get(primary, [])) - len(store.logs[site]))
        linked = self._seen.country.network.linked(site, primary) if primary else False
        return ReplicaClusterState(
            ref=ObjectRef(site=site, namespace="ndc", kind="Cluster", name=service, service=service),
            primary=held.primary,
            source=held.source,
            ready=held.ready if held.primary != site else site in store.running_primary,
            phase="promoting" if held.primary == site and site not in store.running_primary else "healthy",
            switching=held.switching,
            demoted=held.demoted,
            demotion_token=held.demotion_token,
            last_promotion_token=held.last_promotion_token,
            promotion_failed=held.promotion_failed,
            system_id="7",
            current_primary=primary,
            fenced=held.fenced,
            lag_bytes=lag if linked or site == primary else None,
            resource_version=str(held.version),
            epoch=held.epoch,
        )

    def _change(
        self, ref: ObjectRef, expect: str, epoch: int, change: Callable[[ClusterObject], None]
    ) -> ReplicaClusterState:
        def effect() -> ReplicaClusterState:
            held = self._seen.country.clusters[ref.service].objects[ref.site]
            self._seen.write(held, expect, epoch, lambda: change(held))
            return self._state(ref.site, ref.service)

        return self._seen.at(ref.site, effect)

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> ReplicaClusterState:
        return self._change(ref, expect, epoch, lambda _: None)

    def demote(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        def change(held: ClusterObject) -> None:
            held.primary = held.source = primary
            held.token, held.promotion_failed = "", ""

        return self._change(ref, expect, epoch, change)

    def promote(self, ref: ObjectRef, *, token: str, expect: str, epoch: int) -> ReplicaClusterState:
        def change(held: ClusterObject) -> None:
            held.primary, held.token = ref.site, token

        return self._change(ref, expect, epoch, change)

    def follow(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        def change(held: ClusterObject) -> None:
            held.primary = held.source = primary
            held.token = ""

        return self._change(ref, expect, epoch, change)

    def reclone(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> ReplicaClusterState:
        def effect() -> ReplicaClusterState:
            store = self._seen.country.clusters[ref.service]
            held = store.objects[ref.site]
            self._seen.write(held, expect, epoch, lambda: store.reclone(ref.site, primary))
            new = store.objects[ref.site]
            new.version, new.epoch, new.changes = held.version + 1, epoch, held.changes + 1
            return self._state(ref.site, ref.service)

        return self._seen.at(ref.site, effect)

    def set_fenced(self, ref: ObjectRef, fenced: bool, *, expect: str, epoch: int) -> ReplicaClusterState:
        def change(held: ClusterObject) -> None:
            held.fenced = fenced

        return self._change(ref, expect, epoch, change)


class SimulatedVolumes:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def read(self, site: str, service: Service) -> tuple[VolumeState, ...]:
        country = self._seen.country

        def states() -> tuple[VolumeState, ...]:
            store = country.volumes.get(service.id)
            return (self._state(site, service.id),) if store is not None and site in store.objects else ()

        return self._seen.at(site, states)

    def _state(self, site: str, service: str) -> VolumeState:
        held = self._seen.country.volumes[service].objects[site]
        last = None if held.last_sync is None else EPOCH_ZERO + timedelta(seconds=held.last_sync)
        return VolumeState(
            ref=ObjectRef(
                site=site, namespace="ndc", kind="VolumeReplication", name=f"{service}-data", service=service
            ),
            wanted=held.wanted,  # type: ignore[arg-type]
            state=held.state,  # type: ignore[arg-type]
            settled=held.settled,
            degraded=held.degraded,
            resyncing=held.resyncing,
            last_sync_at=last,
            last_sync_s=1,
            resource_version=str(held.version),
            epoch=held.epoch,
        )

    def _change(
        self, ref: ObjectRef, expect: str, epoch: int, change: Callable[[VolumeObject], None]
    ) -> VolumeState:
        def effect() -> VolumeState:
            held = self._seen.country.volumes[ref.service].objects[ref.site]
            self._seen.write(held, expect, epoch, lambda: change(held))
            return self._state(ref.site, ref.service)

        return self._seen.at(ref.site, effect)

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> VolumeState:
        return self._change(ref, expect, epoch, lambda _: None)

    def set_role(
        self, ref: ObjectRef, role: VolumeRole, *, auto_resync: bool, expect: str, epoch: int
    ) -> VolumeState:
        def change(held: VolumeObject) -> None:
            held.wanted, held.auto_resync, held.settled = role, auto_resync, False

        return self._change(ref, expect, epoch, change)


class SimulatedFences:
    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def read(self, site: str, victim: str) -> FenceState | None:
        standing = self._seen.country.fences.standing
        return self._seen.at(site, lambda: _fence(site, victim, standing.get((site, victim), (False, True, 0))))

    def set_fenced(self, site: str, victim: str, fenced: bool, *, epoch: int) -> FenceState:
        country = self._seen.country

        def effect() -> FenceState:
            was, done, held = country.fences.standing.get((site, victim), (False, True, 0))
            if held > epoch:
                raise Overtaken("the fence is claimed by a newer epoch")
            country.fences.standing[site, victim] = (fenced, done and was == fenced, epoch)
            country.kernel.after(1.0, lambda: self._take_effect(site, victim))
            return _fence(site, victim, country.fences.standing[site, victim])

        return self._seen.at(site, effect)

    def _take_effect(self, site: str, victim: str) -> None:
        fenced, _, epoch = self._seen.country.fences.standing[site, victim]
        if site in self._seen.country.network.alive:
            self._seen.country.fences.standing[site, victim] = (fenced, True, epoch)
            self._seen.country.watch()


def _fence(site: str, victim: str, held: tuple[bool, bool, int]) -> FenceState:
    return FenceState(site=site, victim=victim, fenced=held[0], done=held[1], epoch=held[2])
