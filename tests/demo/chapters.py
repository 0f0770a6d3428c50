"""What the demo does: chapters of commands, each with its reason and the exit code that it must end with."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.model.errors import ExitCode
from ndcops.toolchain.build import ensure_engine
from tests.one_service_inventory import one_service_inventory

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "build" / "status.html"
FACTS = REPOSITORY / "build" / "facts.json.gz"
CAPACITY_PAGE = REPOSITORY / "build" / "capacity.html"
ONE_SERVICE = REPOSITORY / "build" / "one-service"
EVIDENCE_PAGE = REPOSITORY / "build" / "evidence.html"
AGENCY_PAGE = REPOSITORY / "build" / "agency.html"
ROADMAP_PAGE = REPOSITORY / "build" / "roadmap.html"
RUNBOOK_PAGE = REPOSITORY / "build" / "runbook.html"
PORTFOLIO_PAGE = REPOSITORY / "build" / "portfolio.html"
VERIFY_PAGE = REPOSITORY / "build" / "verify.html"
SERVICE = "identity"
SITE, NAMESPACE, WORKLOAD = "ndc1", "ndc-management", "identity-login"
COLLEAGUE = "anh-tuan"
"""The field manager of whoever changes an object by hand."""


@dataclass(frozen=True)
class Step:
    """One command. `says` must appear in what it prints."""

    why: str
    argv: tuple[str, ...]
    exit_code: int = ExitCode.DONE
    says: str = ""


@dataclass(frozen=True)
class Chapter:
    """Some commands that belong together. `usual_s`: how long they take warm on two idle cores.

    needs: the chapters that must have been done before, ever. asked_only: played only when it is named.
    """

    name: str
    title: str
    usual_s: float
    steps: Callable[[], tuple[Step, ...]]
    needs: tuple[str, ...] = ()
    asked_only: bool = False


def kubectl(*words: str) -> tuple[str, ...]:
    """The toolchain's kubectl on the lab's first site."""
    program = str(ensure_engine("kube") / "kubectl")
    return (program, f"--kubeconfig={LabPaths(lab_folder()).kubeconfig}", f"--context=lab-{SITE}", *words)


def _check() -> tuple[Step, ...]:
    return (
        Step("What is declared must hold together before anything is built.", ("ndcops", "inventory", "validate")),
    )


def _engines() -> tuple[Step, ...]:
    return (
        Step(
            "Pulumi and Kubernetes, from pinned source; what is built stays in the cache folder.",
            ("ndcops", "toolchain", "build"),
        ),
    )


def _lab() -> tuple[Step, ...]:
    return (
        Step(
            "Three real control planes, with every node of the inventory played by KWOK.", ("ndcops", "lab", "up")
        ),
        Step("Is everything fit: tools, disk, engines, inventory, the three clusters?", ("ndcops", "doctor")),
    )


def _apply() -> tuple[Step, ...]:
    return (
        Step(
            "Network, storage and compute of the three centres: nine stacks, sites side by side.",
            ("ndcops", "stack", "up", "--yes"),
        ),
    )


def _again() -> tuple[Step, ...]:
    return (
        Step(
            "The same once more: what is as declared must not be touched.",
            ("ndcops", "stack", "up", "--yes"),
            says="nothing to change",
        ),
    )


def _drift() -> tuple[Step, ...]:
    patch = ("patch", f"deployment/{WORKLOAD}", f"--namespace={NAMESPACE}", '--patch={"spec":{"replicas":2}}')
    return (
        Step(
            f"A colleague scales the sign-in of {SITE} down by hand, past the inventory.",
            kubectl(*patch, f"--field-manager={COLLEAGUE}"),
        ),
        Step(
            f"Drift finds it and tells who it was; exit code {ExitCode.DIFFERENCES:d} says so to pipelines.",
            ("ndcops", "stack", "drift"),
            exit_code=ExitCode.DIFFERENCES,
            says=COLLEAGUE,
        ),
        Step(
            "Repair brings back what is declared, and only that.",
            ("ndcops", "stack", "repair", "--site", SITE, "--layer", "compute", "--yes"),
        ),
        Step(
            "Nothing differs any more.",
            ("ndcops", "stack", "drift", "--site", SITE, "--layer", "compute"),
        ),
    )


def _status() -> tuple[Step, ...]:
    PAGE.parent.mkdir(exist_ok=True)
    return (
        Step(
            "The three centres as they are now: as a table, and as a page in Vietnamese and English.",
            ("ndcops", "status", "--html", str(PAGE)),
        ),
    )


def _capacity() -> tuple[Step, ...]:
    FACTS.parent.mkdir(exist_ok=True)
    saved = ("--snapshot", str(FACTS))
    return (
        Step(
            "Is there room? What each centre has, what is promised, what is left; the facts are kept in one file.",
            ("ndcops", "capacity", "show", "--save", str(FACTS)),
        ),
        Step(
            "Does a lost centre fit in the others? One does not: the third has too few accelerators for it.",
            ("ndcops", "capacity", "survive", *saved),
            exit_code=ExitCode.DIFFERENCES,
            says="nvidia.com/gpu",
        ),
        Step(
            "The real scheduler, asked the same in a control plane of its own, says the same.",
            ("ndcops", "capacity", "verify", "--service", "identity", "--site", SITE, *saved),
        ),
        Step(
            "All of it as one page in Vietnamese and English.",
            ("ndcops", "capacity", "report", "--output", str(CAPACITY_PAGE), *saved),
        ),
    )


def _failover() -> tuple[Step, ...]:
    ONE_SERVICE.parent.mkdir(exist_ok=True)
    alone = ("--inventory", str(one_service_inventory(ONE_SERVICE, SERVICE)))
    probe = ("ndcops", "lab", "probe")
    return (
        Step(
            "The sign-in gets real parts: PostgreSQL under Patroni and a name at three servers.",
            ("ndcops", "lab", "up", "--service", SERVICE),
        ),
        Step("A client outside writes and reads through its name.", (*probe, "start", SERVICE, "--rate", "50")),
        Step(
            "What a move would do, its pause, what could be lost; the inventory holds the sign-in only.",
            ("ndcops", "failover", "plan", "switch", SERVICE, *alone),
        ),
        Step("Moved, planned.", ("ndcops", "failover", "switch", SERVICE, "--yes", *alone), says="moved"),
        Step("The client outside: no confirmed write is lost.", (*probe, "show", SERVICE)),
        Step("And home again, planned.", ("ndcops", "failover", "failback", "--yes", *alone), says="moved"),
        Step(f"Now {SITE}, where it runs, loses its power as a whole.", ("ndcops", "lab", "kill", SITE)),
        Step(
            "All leaves it, and nothing is asked of it.",
            ("ndcops", "failover", "evacuate", SITE, "--lost", "--yes", *alone),
            says="moved",
        ),
        Step("The client outside: how long it was away, and what was lost.", (*probe, "show", SERVICE)),
        Step("The centre is back, and believes what it last knew.", ("ndcops", "lab", "revive", SITE)),
        Step(
            "What it holds is stopped and catches up behind its fence; then the sign-in goes home.",
            ("ndcops", "failover", "failback", "--yes", *alone),
            says="moved",
        ),
        Step("The client outside, over all of it.", (*probe, "show", SERVICE)),
        Step("It ends.", (*probe, "stop", SERVICE)),
    )


def _hosts() -> tuple[Step, ...]:
    EVIDENCE_PAGE.parent.mkdir(exist_ok=True)
    host = ("--host", f"{SITE}-general-1")
    return (
        Step(
            "Beside the clusters: a Debian machine that boots, with sshd, and the centre's collector of events.",
            ("ndcops", "lab", "hosts", "up", "--count", "1"),
        ),
        Step(
            "Hardened under a guard: were its door shut, the host would take itself back within a minute.",
            ("ndcops", "harden", "apply", "--yes", *host),
        ),
        Step(
            "Nothing differs from what was promised, and nothing of it changed since.",
            ("ndcops", "harden", "verify", *host),
        ),
        Step(
            "The evidence, a checked chain of records, as one page in Vietnamese and English.",
            ("ndcops", "harden", "report", "--html", str(EVIDENCE_PAGE)),
        ),
        Step("The machines go; the clusters stay.", ("ndcops", "lab", "hosts", "down")),
    )


def _agency() -> tuple[Step, ...]:
    AGENCY_PAGE.parent.mkdir(exist_ok=True)
    ONE_SERVICE.parent.mkdir(exist_ok=True)
    return (
        Step(
            "An agency comes and moves in: live sources of its own, keys made for the occasion.",
            (sys.executable, "-m", "tests.demo.agency"),
        ),
    )


CHAPTERS = (
    Chapter("check", "The inventory", 2, _check),
    Chapter("engines", "The engines", 2, _engines),
    Chapter("lab", "Three data centres on this machine", 25, _lab),
    Chapter("apply", "The main job: nine stacks", 45, _apply, needs=("lab",)),
    Chapter("again", "A second up changes nothing", 15, _again, needs=("lab", "apply")),
    Chapter("drift", "A change by hand: found, attributed, repaired", 30, _drift, needs=("lab", "apply")),
    Chapter("status", "Status as table and page", 5, _status, needs=("lab",)),
    Chapter("capacity", "Room, and the loss of a centre", 30, _capacity, needs=("lab", "apply")),
    Chapter(
        "failover", "A service moves; a centre is lost, and comes back", 170, _failover, needs=("lab", "apply")
    ),
    Chapter("hosts", "A host hardened, and never a lock-out", 150, _hosts),
    Chapter(
        "agency",
        "A ministry registers, moves in under load, and is served when a centre is lost",
        220,
        _agency,
        needs=("lab", "apply"),
    ),
)

PROOFS: dict[str, Callable[[], tuple[str, ...]]] = {
    "lab": lambda: ("ndcops", "lab", "status"),
    "apply": lambda: kubectl("get", f"deployment/{WORKLOAD}", f"--namespace={NAMESPACE}"),
}
"""Commands that end with 0 when a chapter has been done."""
