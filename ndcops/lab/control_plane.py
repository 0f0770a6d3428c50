"""The command lines of a site's programs, in the order of their start; `site_start` calls it."""

from importlib.resources import files
from pathlib import Path

from ndcops.lab.folder import LabPaths
from ndcops.lab.processes import ProcessSpec
from ndcops.lab.state import LabMode, SiteState

SERVICE_ACCOUNT_ISSUER = "https://kubernetes.default.svc.cluster.local"

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - inside the site's own network namespace: its link and its loopback

NODE_ANNOTATION = "kwok.x-k8s.io/node"
"""KWOK plays kubelet for nodes that carry it with the value `fake`, and for no other."""

NODE_LEASE_S = 120
"""Renewed every quarter of it: below the 50 s after which nodes count as lost, with a third of the writes."""

NODE_GRACE_S = 150
"""Above the lease: on a busy machine a late heartbeat would turn nodes NotReady, and KWOK's fast stages never make
the pods on them Ready again."""

IDLE_CONTROLLERS = (
    "certificatesigningrequest-approving-controller",
    "certificatesigningrequest-cleaner-controller",
    "certificatesigningrequest-signing-controller",
    "kube-apiserver-serving-clustertrustbundle-publisher-controller",
    "legacy-serviceaccount-token-cleaner-controller",
    "node-ipam-controller",
    "podcertificaterequest-cleaner-controller",
    "storageversion-garbage-collector-controller",
    "storage-version-migrator-controller",
    "ttl-controller",
)
"""Controllers that serve real kubelets or upgrades only; without them a site starts sooner."""


class SitePrograms:
    """What to run for one site. `programs` holds the executables, `network_pid` the site's namespace."""

    def __init__(
        self, paths: LabPaths, mode: LabMode, site: SiteState, programs: Path, network_pid: int | None
    ) -> None:
        self._paths = paths
        self._mode = mode
        self._site = site
        self._programs = programs
        self._network_pid = network_pid
        self._folder = paths.site(site.name)
        self._pki = paths.pki(site.name)

    def spec(self, name: str, program: str, flags: tuple[str, ...], ports: tuple[int, ...] = ()) -> ProcessSpec:
        """A program of this site, in its network."""
        return ProcessSpec(
            site=self._site.name,
            name=name,
            argv=(str(self._programs / program), *flags),
            folder=self._folder,
            log=self._paths.log(self._site.name, name),
            ports=ports,
            network_pid=self._network_pid,
        )

    def etcd(self) -> ProcessSpec:
        """The site's etcd: TLS with client certificates, since other users share a loopback lab's machine."""
        ports = self._site.ports
        client, peer = f"https://127.0.0.1:{ports.etcd}", f"https://127.0.0.1:{ports.etcd_peer}"
        flags = (
            "--name=default",
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            *etcd_tls_flags(self._pki, "etcd"),
            "--unsafe-no-fsync",  # a lab's data need not survive a power cut; a killed process loses nothing
            "--log-level=warn",
        )
        return self.spec("etcd", "etcd", flags, (ports.etcd, ports.etcd_peer))

    def apiserver(self) -> ProcessSpec:
        """The API: own authority, RBAC, audit, encryption at rest; Pod Security and CEL policies are defaults."""
        ports, pki, folder = self._site.ports, self._pki, self._folder
        # An endpoint may not be a loopback address; nothing in the lab reaches the API through it.
        shared = self._mode is LabMode.LOOPBACK
        flags = (
            f"--etcd-servers=https://127.0.0.1:{ports.etcd}",
            f"--etcd-cafile={pki / 'ca.crt'}",
            f"--etcd-certfile={pki / 'apiserver-etcd.crt'}",
            f"--etcd-keyfile={pki / 'apiserver-etcd.key'}",
            f"--bind-address={'127.0.0.1' if shared else ANY_ADDRESS}",
            f"--advertise-address={'192.0.2.1' if shared else self._site.address}",
            "--endpoint-reconciler-type=none",
            f"--secure-port={ports.api}",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            "--anonymous-auth=false",
            "--authorization-mode=RBAC",
            f"--service-account-issuer={SERVICE_ACCOUNT_ISSUER}",
            f"--service-account-key-file={pki / 'service-accounts.pub'}",
            f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
            f"--service-cluster-ip-range={self._site.service_cidr}",
            f"--encryption-provider-config={folder / 'encryption.json'}",
            f"--audit-policy-file={folder / 'audit-policy.yaml'}",
            f"--audit-log-path={folder / 'audit' / 'audit.log'}",
            "--audit-log-format=json",
            "--audit-log-maxsize=64",  # MiB
            "--audit-log-maxbackup=2",
            "--profiling=false",
            "--allow-privileged=true",
            "--shutdown-delay-duration=0s",
        )
        return self.spec("kube-apiserver", "kube-apiserver", flags, (ports.api,))

    def controller_manager(self) -> ProcessSpec:
        """The controllers, each with a service account of its own."""
        kubeconfig = self._folder / "kube-controller-manager.kubeconfig"
        flags = (
            f"--kubeconfig={kubeconfig}",
            f"--root-ca-file={self._pki / 'ca.crt'}",
            f"--service-account-private-key-file={self._pki / 'service-accounts.key'}",
            f"--controllers=*,{','.join(f'-{name}' for name in IDLE_CONTROLLERS)}",
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
            f"--node-monitor-grace-period={NODE_GRACE_S}s",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        )
        return self.spec("kube-controller-manager", "kube-controller-manager", flags)

    def scheduler(self) -> ProcessSpec:
        """The scheduler, as Kubernetes ships it."""
        flags = (
            f"--kubeconfig={self._folder / 'kube-scheduler.kubeconfig'}",
            "--leader-elect=false",
            "--secure-port=0",
            "--profiling=false",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        )
        return self.spec("kube-scheduler", "kube-scheduler", flags)

    def kwok(self) -> ProcessSpec:
        """The stand-in for kubelets: it answers for the lab's nodes and the pods on them."""
        flags = (
            f"--kubeconfig={self._folder / 'kwok.kubeconfig'}",
            f"--config={self._programs / 'kwok-stages.yaml'}",
            f"--config={files('ndcops.lab') / 'manifests' / 'volume_stages.yaml'}",
            "--manage-all-nodes=false",
            f"--manage-nodes-with-annotation-selector={NODE_ANNOTATION}=fake",
            f"--cidr={self._site.pod_cidr}",
            f"--node-ip={self._site.address}",
            f"--node-lease-duration-seconds={NODE_LEASE_S}",
        )
        return self.spec("kwok", "kwok", flags)


def etcd_tls_flags(folder: Path, name: str) -> tuple[str, ...]:
    """Client and peer TLS of an etcd, both with client certificates of the authority in `folder`."""
    authority, certificate, key = folder / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key"
    return (
        f"--trusted-ca-file={authority}",
        f"--cert-file={certificate}",
        f"--key-file={key}",
        "--client-cert-auth",
        f"--peer-trusted-ca-file={authority}",
        f"--peer-cert-file={certificate}",
        f"--peer-key-file={key}",
        "--peer-client-cert-auth",
    )
