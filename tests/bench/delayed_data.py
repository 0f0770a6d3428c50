"""What keeps data in the evacuation bench: every change takes as long as was drawn for it."""

from datetime import UTC, datetime

from ndcops.model.failover import (
    DatabaseMember,
    DatabaseState,
    ObjectRef,
    ReplicaClusterState,
    VolumeState,
)
from ndcops.model.service import Service
from tests.bench.delayed_services import HERE, THERE, THIRD, Driver


class DelayedDatabases(Driver):
    def read(self, service: Service) -> DatabaseState:
        with self.held.guard:
            leader = self.held.leader[service.id]
            site, has_standby = leader.now(), self.held.standby[service.id].now()
            members = tuple(
                DatabaseMember(
                    name=f"{service.id}-{one}",
                    site=one,
                    role="leader" if one == site else "replica",
                    state="running" if one == site else "streaming",
                    lag_bytes=0,
                )
                for one in (HERE, THERE)
            )
            other = THERE if site == HERE else HERE
            return DatabaseState(
                service=service.id,
                members=members,
                leader=f"{service.id}-{site}",
                sync_standbys=(f"{service.id}-{other}",) if has_standby else (),
                synchronous=True,
                pending="" if leader.wanted == site else leader.wanted,
                ttl_s=30,
                loop_wait_s=10,
                epoch=self.held.epoch(service.id),
            )

    def read_epoch(self, service: Service) -> int:
        with self.held.guard:
            return self.held.epoch(service.id)

    def claim(self, service: Service, *, expect_epoch: int, epoch: int) -> None:
        self.held.claimed(service.id, epoch)

    def switchover(self, service: Service, *, leader: str, candidate: str, epoch: int) -> None:
        with self.held.guard:
            takes_s = self.held.takes_s(service.id, "failover/switch-database")
            self.held.leader[service.id].set(candidate.removeprefix(f"{service.id}-"), takes_s)

    def failover(self, service: Service, *, candidate: str, expect_leader: str, epoch: int) -> None:
        raise NotImplementedError("a planned evacuation asks for no failover")


class DelayedClusters(Driver):
    def read(self, site: str, service: Service) -> ReplicaClusterState | None:
        if site == THIRD:
            return None
        with self.held.guard:
            change = self.held.primary[service.id, site]
            other = THERE if site == HERE else HERE
            wanted, done = change.wanted, change.now() == change.wanted
            was_here = self.held.epoch(("demoted", service.id, site)) > 0
            return ReplicaClusterState(
                ref=ObjectRef(site=site, namespace="ndc", kind="Cluster", name=service.id, service=service.id),
                primary=site if wanted else other,
                source=site if wanted else other,
                ready=done,
                phase="healthy" if done else "switching",
                switching=not done,
                demoted=was_here and not wanted and done,
                demotion_token=f"{service.id}:1" if was_here and not wanted and done else "",
                last_promotion_token=f"{service.id}:1" if wanted and done else "",
                system_id="7",
                lag_bytes=0,
                resource_version="1",
                epoch=self.held.epoch(("cluster", service.id, site)),
            )

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> None:
        self.held.claimed(("cluster", ref.service, ref.site), epoch)

    def demote(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> None:
        with self.held.guard:
            self.held.claimed(("demoted", ref.service, ref.site), epoch)
            takes_s = self.held.takes_s(ref.service, "failover/demote-cluster")
            self.held.primary[ref.service, ref.site].set(False, takes_s)

    def promote(self, ref: ObjectRef, *, token: str, expect: str, epoch: int) -> None:
        with self.held.guard:
            takes_s = self.held.takes_s(ref.service, "failover/promote-cluster")
            self.held.primary[ref.service, ref.site].set(True, takes_s)

    def follow(self, ref: ObjectRef, *, primary: str, expect: str, epoch: int) -> None:
        raise NotImplementedError("no bystanders here")

    set_fenced = follow


class DelayedVolumes(Driver):
    def read(self, site: str, service: Service) -> tuple[VolumeState, ...]:
        if not any(workload.volume for workload in service.workloads):
            return ()
        with self.held.guard:
            change = self.held.volume[service.id, site]
            primary, done = change.now(), change.now() == change.wanted
            ref = ObjectRef(site=site, namespace="ndc", kind="VolumeReplication", name="data", service=service.id)
            return (
                VolumeState(
                    ref=ref,
                    wanted="primary" if change.wanted else "secondary",
                    state="Primary" if primary else "Secondary",
                    settled=done,
                    degraded=False,
                    resyncing=False,
                    last_sync_at=datetime.now(UTC),
                    resource_version="1",
                    epoch=self.held.epoch(("volume", service.id, site)),
                ),
            )

    def claim(self, ref: ObjectRef, *, expect: str, epoch: int) -> None:
        self.held.claimed(("volume", ref.service, ref.site), epoch)

    def set_role(self, ref: ObjectRef, role: str, *, auto_resync: bool, expect: str, epoch: int) -> None:
        kind = "promote-volumes" if role == "primary" else "demote-volumes"
        with self.held.guard:
            takes_s = self.held.takes_s(ref.service, f"failover/{kind}")
            self.held.volume[ref.service, ref.site].set(role == "primary", takes_s)
