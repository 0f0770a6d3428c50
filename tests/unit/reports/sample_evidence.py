"""A small chain of evidence: hosts hardened, verified and scanned, with one of everything an auditor asks of."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ndcops.hardening.run.room import SCANNED, VERIFIED
from ndcops.hardening.steps.harden import CHANGED
from ndcops.model.control import Catalogue
from ndcops.model.document import Text
from ndcops.model.host import Host, HostRole
from ndcops.model.record import JsonObject, Record, append_record
from ndcops.model.waiver import Waiver, WaiverState

BEGUN = datetime(2026, 3, 1, 8, tzinfo=UTC)
TAKEN_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LAYERS = (
    ("Khuôn viên", "Premises"),
    ("Phòng máy và tủ", "Halls and racks"),
    ("Thiết bị và khởi động", "Devices and boot"),
    ("Biên mạng", "Network edge"),
    ("Ngăn xếp mạng của máy chủ", "Host network stack"),
    ("Nhân và hệ điều hành", "Kernel and operating system"),
    ("Danh tính và truy cập", "Identity and access"),
    ("Nền tảng và dịch vụ", "Platform and services"),
    ("Dữ liệu và tệp", "Data and files"),
    ("Giám sát và ứng phó", "Monitoring and response"),
)


def control(name: str, layer: int, **more: Any) -> dict[str, Any]:
    """A control of all roles."""
    title = {"vi": f"Kiểm soát {name}", "en": f"Control {name}"}
    return {"id": name, "title": title, "layer": layer, "roles": list(HostRole), **more}


CONTROLS = (
    control("grub-password", 3, cis=["1.4.1"], unwinnable=[{"rule": "grub2_password", "reason": "No GRUB here."}]),
    control("host-firewall", 4, cis=["4.2.1"], anssi=["R67"], rules=["ufw_enabled", "ufw_default_deny"]),
    control("network-sysctl", 5, cis=["3.3.1"], anssi=["R12"], rules=["sysctl_rp_filter"], lynis=["KRNL-6000"]),
    control("kernel-modules", 6, cis=["1.1.1.1"], rules=["kernel_module_cramfs_disabled"]),
    control("ssh-access", 7, cis=["5.1.5", "5.1.6"], rules=["sshd_max_auth_tries"], lynis=["SSH-7408"]),
    control("sudo-policy", 7, cis=["5.2.1"], rules=["sudo_add_use_pty"]),
    control("kubelet-files", 8, roles=["kubernetes_node"], cis=["4.1.1"]),
    control("audit-rules", 10, cis=["6.3.3.1"], rules=["audit_rules_time"]),
)


def catalogue(controls: tuple[dict[str, Any], ...] = CONTROLS) -> Catalogue:
    """The ten layers with those controls."""
    layers = [{"number": number, "title": {"vi": vi, "en": en}} for number, (vi, en) in enumerate(LAYERS, start=1)]
    return Catalogue.model_validate({"layers": layers, "controls": list(controls)})


def hosts(count: int = 3) -> tuple[Host, ...]:
    """Database hosts, then one Kubernetes node, one bastion and one host that nobody hardened."""
    named = [(f"ndc1-database-{number}", HostRole.DATABASE_HOST) for number in range(1, count + 1)]
    named += [("ndc1-general-1", HostRole.KUBERNETES_NODE), ("ndc1-bastion-1", HostRole.BASTION)]
    named += [("ndc2-siem-1", HostRole.SIEM)]
    return tuple(Host(name=name, site=name[:4], role=role, address="10.0.0.1") for name, role in named)


def chain(entries: list[tuple[str, JsonObject]], actor: str = "nguyen-van-an") -> tuple[Record, ...]:
    """A sealed chain, a minute from one record to the next."""
    records: list[Record] = []
    for number, (kind, body) in enumerate(entries):
        time = BEGUN + timedelta(minutes=number)
        records.append(
            append_record(records[-1] if records else None, time=time, actor=actor, kind=kind, body=body)
        )
    return tuple(records)


def changed(
    host: str, name: str, *items: tuple[str, str | None, str | None], **more: Any
) -> tuple[str, JsonObject]:
    """A task of a control changed a host."""
    told = [{"subject": subject, "before": before, "after": after} for subject, before, after in items]
    body = {"run": "20260301T080000Z", "host": host, "control": name, "task": f"set {name}", "items": told}
    return CHANGED, {**body, "layer": 7, "cis": [], "anssi": [], "rules": [], "lynis": [], **more}


def drift(host: str, *controls: str, last_run: str | None = "20260301T080000Z", problem: str = "") -> JsonObject:
    """A host as a verification found it."""
    tasks = [{"host": host, "control": each, "task": f"set {each}", "items": []} for each in controls]
    return {"host": host, "last_run": last_run, "changes": tasks, "differences": [], "problem": problem}


def verified(*found: JsonObject, unsettable: tuple[JsonObject, ...] = ()) -> tuple[str, JsonObject]:
    """A verification of hosts."""
    return VERIFIED, {"hosts": list(found), "waivers": [], "unsettable": list(unsettable)}


def scanned(host: str, *failing: str, **more: Any) -> tuple[str, JsonObject]:
    """OpenSCAP on a host: 300 rules judged."""
    body = {
        "host": host,
        "scanner": "openscap",
        "version": "1.4.2",
        "profile": "cis_level1_server",
        "content_sha256": "c" * 64,
        "taken_at": "2026-03-01T10:00:00+00:00",
        "passed": 300 - len(failing),
        "failed": len(failing),
        "not_applicable": 38,
        "not_checked": 2,
        "index": None,
        "tests": None,
        "failing": list(failing),
        "report_sha256": "d" * 64,
    }
    return SCANNED, {**body, **more}


def lynis(host: str, index: int = 91, tests: int = 257) -> tuple[str, JsonObject]:
    """Lynis on a host."""
    figures = {"passed": 0, "failed": 0, "not_applicable": 0, "not_checked": 0, "index": index, "tests": tests}
    return scanned(host, scanner="lynis", version="3.1.4", profile="default", **figures)


def waiver(
    name: str, *, days_left: int = 90, problem: str = "", signature: str = "c2ln", **more: Any
) -> WaiverState:
    """A waiver of one rule on one host."""
    entry = {
        "id": name,
        "rule": None if "control" in more else "ufw_default_deny",
        "hosts": ["ndc1-general-1"],
        "reason": Text(vi="Nút cần chuyển tiếp gói", en="The node has to forward packets"),
        "owner": "tran-thi-binh",
        "expires": date(2026, 3, 2) + timedelta(days=days_left),
        "signature": signature,
    }
    names = tuple(more.pop("names", ("ndc1-general-1",)))
    return WaiverState(waiver=Waiver(**{**entry, **more}), hosts=names, days_left=days_left, problem=problem)


def waivers() -> tuple[WaiverState, ...]:
    """One that counts, and one for each way of not counting."""
    return (
        waiver("node-forwards"),
        waiver("soon-over", days_left=12, rule="audit_rules_time"),
        waiver("old", days_left=-3, problem="expired on 2026-02-27", rule="sudo_add_use_pty"),
        waiver("unsigned", problem="not signed by tran-thi-binh", signature="", rule="a_rule"),
        waiver("forged", problem="the signature is not by tran-thi-binh over this entry", rule="b_rule"),
        waiver("stray", control="no-such", problem="there is no control 'no-such'"),
    )


def entries() -> list[tuple[str, JsonObject]]:
    """What happened: three database hosts whole, a node drifted, a bastion repaired after its verification."""
    databases = [host.name for host in hosts()[:3]]
    everyone = [*databases, "ndc1-general-1", "ndc1-bastion-1"]
    told = [
        changed(
            host,
            "ssh-access",
            ("/etc/ssh/sshd_config MaxAuthTries", "6", "3"),
            ("/etc/ssh/sshd_config Banner", None, "/etc/issue.net"),
        )
        for host in everyone
    ]
    told += [changed(host, "network-sysctl", ("net.ipv4.conf.all.rp_filter", "0", "1")) for host in databases]
    told += [changed("ndc1-general-1", "network-sysctl", ("net.ipv4.conf.all.rp_filter", "0", "2"))]
    told += [changed("ndc1-database-1", "retired-control", ("/etc/old", "", None))]
    reason = {"host": "ndc1-database-1", "control": "kernel-modules", "subject": "cramfs", "wanted": "off"}
    told += [
        verified(
            *(drift(host) for host in databases),
            drift("ndc1-general-1", "sudo-policy", "audit-rules"),
            drift("ndc1-bastion-1", "sudo-policy"),
            unsettable=({**reason, "reason": "the kernel has no modules"},),
        ),
        changed(
            "ndc1-bastion-1", "sudo-policy", ("/etc/sudoers.d/policy", "sha256:" + "a" * 64, "sha256:" + "b" * 64)
        ),
    ]
    told += [scanned(host, "grub2_password") for host in databases]
    told += [scanned("ndc1-general-1", "grub2_password", "ufw_default_deny", "sudo_add_use_pty")]
    told += [lynis(host) for host in databases]
    return told
