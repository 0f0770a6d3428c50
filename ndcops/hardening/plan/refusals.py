"""Settings that are known to break a host of a role or shut its door: refused before a run; pure.

Sources: kubernetes#84254 and kubespray#7878 (forwarding), kubernetes#66241 and the kubelet's
protectKernelDefaults (pkg/kubelet/cm/container_manager_linux.go), talos#4385 (user namespaces), node_exporter#1171
(hidepid), CIS Debian 13 1.1.1 (overlay, for hosts without containers), RFC 3704 (reverse path).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from ndcops.model.hardening import HostTarget
from ndcops.model.host import HostRole

KUBELET_DEFAULTS = {
    "vm.overcommit_memory": "1",
    "vm.panic_on_oom": "0",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.keys.root_maxbytes": "25000000",
}
"""What a kubelet with protectKernelDefaults refuses to start without."""

_FORWARDING = (
    "net.ipv4.ip_forward", "net.ipv4.conf.all.forwarding", "net.ipv6.conf.all.forwarding",
    "net.ipv4.conf.default.forwarding", "net.ipv6.conf.default.forwarding",
)  # fmt: skip
_BRIDGE = ("net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables")
_NODE_MODULES = ("overlay", "br_netfilter", "nf_conntrack", "veth", "vxlan", "ip_vs")
_IMAGE_PATHS = ("/var", "/var/lib", "/var/lib/containerd", "/var/lib/kubelet")


@dataclass(frozen=True)
class Wanted:
    """What a host's variables come to, without knowing which role of the playbooks reads them."""

    target: HostTarget
    variables: Mapping[str, Any]
    bastions: tuple[str, ...] = ()
    """Addresses that SSH must come from: the bastions of the host's site."""

    @property
    def kernel(self) -> dict[str, str]:
        """Kernel settings, from every variable that holds a table of them."""
        tables = [value for name, value in self.variables.items() if name.startswith("kernel_parameters")]
        return {key: _text(value) for table in tables if isinstance(table, dict) for key, value in table.items()}

    @property
    def modules_denied(self) -> frozenset[str]:
        """Kernel modules that shall not load; a node leaves the list for hosts without containers out."""
        names = {"kernel_modules_denied_common", "kernel_modules_denied"}
        lists = [value for name, value in self.variables.items() if name in names and isinstance(value, list)]
        return frozenset(str(one).replace("-", "_") for found in lists for one in found)

    @property
    def mounts(self) -> dict[str, tuple[str, ...]]:
        """Mount options by path, from every variable that lists mounts."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in self.variables.items():
            if name.startswith("filesystem_mounts") and isinstance(value, list):
                for one in value:
                    if isinstance(one, dict):
                        found[str(one.get("path"))] = tuple(str(option) for option in one.get("options") or ())
        return found

    def is_off(self, name: str) -> bool:
        """Whether a switch is turned off in so many words."""
        return _text(self.variables.get(name, "1")) in ("0", "no", "off", "false")


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value).strip().lower()


Check = Callable[[Wanted], Iterator[str]]
_CHECKS: list[tuple[frozenset[HostRole], Check]] = []


def _on(*roles: HostRole) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        _CHECKS.append((frozenset(roles or HostRole), check))
        return check

    return register


def refusals(wanted: Wanted) -> list[str]:
    """Every reason against hardening this host in this way."""
    role = wanted.target.host.role
    return [reason for roles, check in _CHECKS if role in roles for reason in check(wanted)]


@_on(HostRole.KUBERNETES_NODE)
def _forwarding_off(wanted: Wanted) -> Iterator[str]:
    families = "".join(str(one) for one in wanted.variables.get("ndcops_pod_cidrs") or ())
    for key in _FORWARDING:
        if wanted.kernel.get(key) == "0" and ("ipv6" not in key or ":" in families):
            yield f"{key} = 0 cuts every pod off: a node routes"
    if wanted.is_off("kernel_forwarding_ipv6") and ":" in families:
        yield "kernel_forwarding_ipv6 is off, but pods have IPv6 addresses"
    if wanted.is_off("kernel_forwarding"):
        yield "kernel_forwarding is off: a node routes its pods' packets"


@_on(HostRole.KUBERNETES_NODE)
def _strict_reverse_path(wanted: Wanted) -> Iterator[str]:
    strict = [key for key, value in wanted.kernel.items() if key.endswith(".rp_filter") and value == "1"]
    if _text(wanted.variables.get("kernel_rp_filter", "")) == "1":
        strict.append("kernel_rp_filter")
    for key in strict:
        yield f"{key} = 1 (strict) drops answers to pods that come by another interface; expected 2 (loose)"


@_on(HostRole.KUBERNETES_NODE)
def _bridges_unfiltered(wanted: Wanted) -> Iterator[str]:
    for key in _BRIDGE:
        if wanted.kernel.get(key) == "0":
            yield f"{key} = 0 lets pods on one node bypass services and policies; expected 1"


@_on(HostRole.KUBERNETES_NODE)
def _user_namespaces_off(wanted: Wanted) -> Iterator[str]:
    if wanted.kernel.get("user.max_user_namespaces") == "0":
        yield "user.max_user_namespaces = 0: pods with hostUsers: false and rootless builds fail"


@_on(HostRole.KUBERNETES_NODE)
def _kubelet_defaults(wanted: Wanted) -> Iterator[str]:
    for key, expected in KUBELET_DEFAULTS.items():
        found = wanted.kernel.get(key)
        if found is not None and found != expected:
            yield f"{key} = {found}: the kubelet (protectKernelDefaults) wants {expected} and does not start"


@_on(HostRole.KUBERNETES_NODE)
def _modules_denied(wanted: Wanted) -> Iterator[str]:
    for module in sorted(wanted.modules_denied & set(_NODE_MODULES)):
        yield f"kernel module {module} is denied: containers and their network need it"


@_on(HostRole.KUBERNETES_NODE)
def _images_not_executable(wanted: Wanted) -> Iterator[str]:
    for path in _IMAGE_PATHS:
        for option in set(wanted.mounts.get(path, ())) & {"noexec", "nosuid", "nodev"}:
            yield f"{path} {option}: the containers' root file systems lie there"


@_on()
def _processes_hidden(wanted: Wanted) -> Iterator[str]:
    for option in wanted.mounts.get("/proc", ()):
        if option.startswith("hidepid=") and option.removeprefix("hidepid=") not in ("0", "off"):
            yield f"/proc {option}: systemd-logind, polkit and the monitoring lose sight of processes"


@_on()
def _modules_locked(wanted: Wanted) -> Iterator[str]:
    if wanted.kernel.get("kernel.modules_disabled") == "1":
        yield "kernel.modules_disabled = 1: firewall and mounts fail, and only a reboot sets it back"


@_on()
def _packages_cannot_install(wanted: Wanted) -> Iterator[str]:
    if "noexec" in wanted.mounts.get("/var/lib/dpkg", ()) or "noexec" in wanted.mounts.get("/var", ()):
        yield "/var noexec: dpkg runs its packages' scripts from there, and no update installs any more"


@_on()
def _no_operator(wanted: Wanted) -> Iterator[str]:
    operators = wanted.variables.get("access_operators", wanted.variables.get("ndcops_operators", []))
    if not operators:
        yield "no operator is left in AllowUsers: nobody gets in"
    elif wanted.target.user not in operators:
        yield f"AllowUsers lacks '{wanted.target.user}', who changes the host; expected it among the operators"


@_on()
def _passwords_over_ssh(wanted: Wanted) -> Iterator[str]:
    if _text(wanted.variables.get("access_ssh_password_authentication", "0")) in ("1", "yes", "true", "on"):
        yield "SSH takes passwords: operators enter with keys only"
    if wanted.is_off("access_ssh_pubkey_authentication"):
        yield "SSH takes no keys: every operator enters by key"


@_on()
def _sshd_port(wanted: Wanted) -> Iterator[str]:
    port = wanted.variables.get("access_ssh_port", wanted.variables.get("ndcops_ssh_port", 22))
    reached = wanted.target.host.ssh_port
    if _text(port) != str(reached):
        yield f"sshd would listen on port {port}, but the inventory reaches the host on {reached}"
    firewall = wanted.variables.get("firewall_ssh_port", port)
    if _text(firewall) != _text(port):
        yield f"the firewall opens port {firewall} for SSH, but sshd listens on {port}"


@_on()
def _firewall_without_ssh(wanted: Wanted) -> Iterator[str]:
    sources = wanted.variables.get("firewall_admin_networks", wanted.variables.get("ndcops_admin_networks", []))
    networks = []
    for source in sources:
        try:
            networks.append(ip_network(source))
        except ValueError:
            yield f"the firewall's source '{source}' is no network"
    if not networks:
        yield "the firewall has no source for SSH; expected the networks of bastions and operators"
        return
    for address in wanted.bastions:
        if not any(ip_address(address) in network for network in networks):
            yield f"the firewall shuts out the bastion {address}: SSH comes from {', '.join(map(str, networks))}"


@_on()
def _too_few_sessions(wanted: Wanted) -> Iterator[str]:
    sessions = _text(wanted.variables.get("access_ssh_sessions_max", 2))
    if sessions.isdigit() and int(sessions) < 2:
        yield f"access_ssh_sessions_max = {sessions}: a run needs 2 sessions in one connection"
