"""A control plane that lives as long as one replay: etcd, API server and scheduler on loopback, nothing else.

No controller runs, so that a snapshot stays as it was taken. Its folder is beside the lab's, never in it, and is
locked while it is in use: what a killed replay left is removed by the next one.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ndcops.lab import ports
from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.credentials import write_site_credentials
from ndcops.lab.folder import LabPaths, hold_lab
from ndcops.lab.kubeconfigs import Login, kubeconfig
from ndcops.lab.pki import key_pair
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import ProcessSpec, end_processes, find_marked, is_running, spawn
from ndcops.lab.scratch.object_store import ObjectStore
from ndcops.lab.scratch.stored_objects import STORED_KINDS, folders, stored, stored_all
from ndcops.lab.state import LabMode, ProcessRecord, SiteState
from ndcops.model.errors import NdcopsError, Refused
from ndcops.model.record import JsonObject
from ndcops.toolchain.build import ensure_engine
from ndcops.toolchain.folders import private_subfolder, state_dir

START_TIMEOUT_S = 180.0
"""An API server starts in four seconds; a machine that is forty times slower is still waited for."""

SITE = "scratch"
_SCHEDULER = "kube-scheduler"
_KEPT_KINDS: Final = frozenset({"namespaces", "priorityclasses"})
"""The API server makes some of these for itself; only what was loaded is removed again."""

_ABSENT_PLUGINS: Final = ("ServiceAccount", "PodSecurity", "StorageObjectInUseProtection")
"""Admission that needs objects which no snapshot holds, or that has nothing to do with room."""


@contextmanager
def scratch_control_plane(programs: Path | None = None) -> Iterator["ControlPlane"]:
    """A control plane of which nothing runs yet; whatever was started is gone afterwards, by error or Ctrl-C, too.

    Raises NdcopsError when something cannot be removed.
    """
    parent = private_subfolder(state_dir(), SITE)
    remove_abandoned(parent)
    paths = LabPaths(parent / f"{os.getpid()}-{time.monotonic_ns():x}")
    with hold_lab(paths.root, create=True):
        try:
            yield ControlPlane(paths, programs or ensure_engine("kube"))
        finally:
            _remove(paths)


def remove_abandoned(parent: Path) -> int:
    """Remove what killed replays left below `parent`; gives how many there were."""
    removed = 0
    for folder in sorted(parent.iterdir()):
        try:
            with hold_lab(folder, wait_s=0) as held:
                if held:
                    _remove(LabPaths(folder))
                    removed += 1
        except Refused:
            continue  # a replay that runs now
    return removed


def _remove(paths: LabPaths) -> None:
    end_processes(find_marked(paths.lab_id), grace_s=0)
    shutil.rmtree(paths.root)


class ControlPlane:
    """One scratch site. `store` works once `start_store` has returned, and `api` once `start_api` has."""

    def __init__(self, paths: LabPaths, programs: Path) -> None:
        self._paths = paths
        self._site = SiteState(
            name=SITE,
            index=0,
            address="127.0.0.1",
            ports=ports.choose_ports(LabMode.LOOPBACK, coordination=False, taken=()),
            pod_cidr="10.244.0.0/16",
            service_cidr="10.96.0.0/20",
        )
        self._programs = SitePrograms(paths, LabMode.LOOPBACK, self._site, programs, network_pid=None)
        self._records: dict[str, ProcessRecord] = {}
        self._loaded: list[str] = []
        write_site_credentials(paths, self._site, datetime.now(UTC))
        pki, address = paths.pki(SITE), self._site.address
        authority = key_pair(pki, "ca").certificate
        etcd_client, admin = key_pair(pki, "apiserver-etcd"), key_pair(pki, "admin")
        self._etcd = HttpsClient(address, self._site.ports.etcd, authority, etcd_client)
        self.store = ObjectStore(self._etcd)
        self.api = HttpsClient(address, self._site.ports.api, authority, admin, connections=4)
        """As administrator; safe for four threads."""

    def start_store(self) -> None:
        """Start etcd, empty."""
        self._start(self._programs.etcd())
        self._wait("etcd", lambda: self._etcd.answers("/health"))

    def start_api(self) -> None:
        """Start the API server on what the store holds by now, with the admission of a cluster."""
        spec = self._programs.apiserver()
        without = f"--disable-admission-plugins={','.join(_ABSENT_PLUGINS)}"
        self._start(replace(spec, argv=(*spec.argv, without)))
        self._wait("kube-apiserver", lambda: self.api.answers("/readyz"))

    def start_scheduler(self) -> None:
        """Start the scheduler: it reads everything first, and only then looks at the first pod."""
        spec = self._programs.scheduler()
        path = self._paths.site(SITE) / "scheduler-configuration.json"
        write_private(path, json.dumps(self._scheduler_configuration()))
        self._start(replace(spec, argv=(spec.argv[0], f"--config={path}", "--secure-port=0")))

    def stop_scheduler(self) -> None:
        """End the scheduler, if it runs."""
        record = self._records.pop(_SCHEDULER, None)
        if record is not None:
            end_processes([record], grace_s=0)

    def load(self, objects: Mapping[str, Sequence[JsonObject]]) -> None:
        """Write objects by plural, as they are; `clear` removes them."""
        pairs = list(stored_all(objects))
        self._loaded += [key for key, _ in pairs]
        self.store.put(pairs)

    def unload(self, plural: str, item: JsonObject) -> None:
        """Remove one object that was loaded."""
        key, _ = stored(plural, item)
        self.store.delete(key)

    def clear(self) -> None:
        """Remove what was loaded and what came of it. The scheduler must not run."""
        for folder in folders(plural for plural in STORED_KINDS if plural not in _KEPT_KINDS):
            self.store.delete_below(folder)
        kept = tuple(folders(_KEPT_KINDS))
        for key in self._loaded:
            if key.startswith(kept):
                self.store.delete(key)
        self._loaded = []

    def require_alive(self) -> None:
        """Raises NdcopsError with the end of its log when a program has ended by itself."""
        for name, record in self._records.items():
            if not is_running(record):
                lines = record.log.read_text(errors="replace").splitlines()[-5:]
                raise NdcopsError(
                    f"{name} of the scratch control plane ended by itself",
                    details=lines,
                    resolution="ndcops capacity verify",
                )

    def _start(self, spec: ProcessSpec) -> None:
        self._records[spec.name] = spawn(spec, self._paths.lab_id)

    def _wait(self, what: str, check: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not check():
            self.require_alive()
            if time.monotonic() > deadline:
                raise NdcopsError(
                    f"{what} of the scratch control plane was not ready within {START_TIMEOUT_S:.0f} s",
                    resolution="ndcops capacity verify",
                )
            time.sleep(0.05)

    def _scheduler_configuration(self) -> JsonObject:
        """As shipped but for evictions: they would change the snapshot, and the words of the first verdict."""
        return {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": False},
            "enableProfiling": False,
            "clientConnection": {"kubeconfig": str(self._scheduler_kubeconfig()), "qps": 400, "burst": 800},
            "profiles": [
                {
                    "schedulerName": "default-scheduler",
                    "plugins": {"postFilter": {"disabled": [{"name": "*"}]}},
                }
            ],
        }

    def _scheduler_kubeconfig(self) -> Path:
        """As administrator: the scheduler's own role is made some time after the API server is ready."""
        pki = self._paths.pki(SITE)
        login = Login(
            context=SITE,
            server=f"https://127.0.0.1:{self._site.ports.api}",
            user=_SCHEDULER,
            authority=key_pair(pki, "ca").certificate,
            client=key_pair(pki, "admin"),
        )
        path = self._paths.site(SITE) / "scheduler-admin.kubeconfig"
        write_private(path, kubeconfig([login]))
        return path
