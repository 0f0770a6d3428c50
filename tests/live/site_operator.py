"""An operator of one site in the lab: types `ndcops`, looks with kubectl, and compares cluster and state."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ndcops.toolchain.build import ensure_engine

REPOSITORY = Path(__file__).parents[2]
SERVICES = ("key-management", "identity")
REPLICAS = 2
PATIENCE_S = 240
MARK = re.compile(r"ndcops-[0-9a-f]{8}")
ENGINE = "pulumi --non-interactive"
VICTIMS = ("ndcops", "engine", "provider")


def tiny_inventory(folder: Path) -> Path:
    """The sample inventory with two small services, at home in the first site."""
    shutil.copytree(REPOSITORY / "inventory", folder)
    shutil.rmtree(folder / "agencies")
    for path in (folder / "services").iterdir():
        if path.stem not in SERVICES:
            path.unlink()
            continue
        path.write_text(re.sub(r"replicas: \d+", f"replicas: {REPLICAS}", path.read_text()))
    return folder


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    def told(self) -> str:
        """What a failed assertion shows."""
        return f"exit {self.code}\n{self.out[-3000:]}\n{self.err[-3000:]}"


@dataclass
class Operator:
    """One site, one inventory, one kubeconfig. `kinds` is all that the site's stacks ever held."""

    inventory: Path
    pulumi_dir: Path
    kubeconfig: Path
    site: str = "ndc1"
    kinds: set[str] = field(default_factory=set)

    def start(self, *words: str, **environment: str) -> "subprocess.Popen[str]":
        """Begin a command in a session of its own."""
        argv = [sys.executable, "-m", "ndcops", "--inventory", str(self.inventory), "--site", self.site, *words]
        return subprocess.Popen(
            argv,
            cwd=REPOSITORY,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ended(self, process: "subprocess.Popen[str]") -> Ended:
        """Wait for a command."""
        try:
            out, err = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Ended(process.returncode, out, err)

    def run(self, *words: str, **environment: str) -> Ended:
        """Run a command to its end."""
        return self.ended(self.start(*words, **environment))

    def must(self, *words: str, code: int = 0) -> Ended:
        """Run a command that ends with that code."""
        done = self.run(*words)
        assert done.code == code, done.told()
        return done

    def kubectl(self, *words: str) -> str:
        """What kubectl prints as ndcops-operator."""
        program = str(ensure_engine("kube") / "kubectl")
        argv = [program, f"--kubeconfig={self.kubeconfig}", f"--context=lab-{self.site}", *words]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def state_file(self, layer: str) -> Path:
        """The checkpoint of one layer."""
        return self.pulumi_dir / "backend" / ".pulumi" / "stacks" / f"ndcops-{layer}" / f"{self.site}.json"

    def recorded(self) -> set[str]:
        """The objects that the states of all layers hold."""
        found = set()
        for layer in ("network", "storage", "compute"):
            path = self.state_file(layer)
            latest = json.loads(path.read_text())["checkpoint"]["latest"] if path.exists() else {}
            for resource in (latest or {}).get("resources", []):
                if resource["type"].startswith("kubernetes:"):
                    assert not resource.get("delete"), f"{resource['urn']} waits for its deletion"
                    found.add(_name(resource["inputs"]))
                    self.kinds.add(_kind(resource["inputs"]))
        return found

    def living(self) -> dict[str, str]:
        """The objects in the cluster that carry a stack's mark: UID by name. One mark, one object."""
        if not self.kinds:
            return {}
        listed = self.kubectl("get", ",".join(sorted(self.kinds)), "-A", "-o", "json", "--show-managed-fields")
        found: dict[str, str] = {}
        marks: dict[str, str] = {}
        for item in json.loads(listed)["items"]:
            for entry in item["metadata"].get("managedFields", []):
                if entry["operation"] == "Apply" and MARK.fullmatch(entry["manager"]):
                    name = _name(item)
                    assert marks.setdefault(entry["manager"], name) == name, f"twice: {name}"
                    found[name] = item["metadata"]["uid"]
        return found

    def assert_one_of_each(self) -> None:
        """What the state holds and what lives in the cluster is the same; none twice, none orphaned."""
        recorded = self.recorded()
        assert recorded == self.living().keys()
        assert recorded


def _name(document: dict[str, Any]) -> str:
    metadata = document["metadata"]
    return f"{document['kind']}.{document['apiVersion']} {metadata.get('namespace', '')}/{metadata['name']}"


def _kind(document: dict[str, Any]) -> str:
    group, _, version = document["apiVersion"].rpartition("/")
    return f"{document['kind']}.{version}.{group}"


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Processes below `pid`, each with its command line."""
    parents: dict[int, tuple[int, str]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents[int(folder.name)] = parent, (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (OSError, UnicodeDecodeError):
            continue  # ended meanwhile
    for each, (parent, command) in parents.items():
        ancestor = parent
        while ancestor in parents and ancestor != pid:
            ancestor = parents[ancestor][0]
        if ancestor == pid:
            yield each, command


@contextmanager
def paused_engine(process: "subprocess.Popen[str]") -> Iterator[None]:
    """Hold a command in the middle of its work: its engine does nothing meanwhile."""
    engines = [pid for pid, command in descendants(process.pid) if ENGINE in command]
    assert engines, "the command has no engine"
    for pid in engines:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in engines:
            os.kill(pid, signal.SIGCONT)


def kill_at(process: "subprocess.Popen[str]", victim: str, moment_s: float) -> bool:
    """SIGKILL ndcops, its engine or its provider at that moment; False when the command had ended before."""
    deadline = time.monotonic() + moment_s
    while time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    while process.poll() is None:
        if victim == "ndcops":
            process.kill()
            return True
        word = "ndcops.provider" if victim == "provider" else ENGINE
        hit = [pid for pid, command in descendants(process.pid) if word in command]
        for pid in hit:
            os.kill(pid, signal.SIGKILL)
        if hit:
            return True
        time.sleep(0.02)  # it has not been started yet
    return False


@dataclass(frozen=True)
class Crash:
    """One sample: who was killed when, and whether somebody was there to be killed."""

    victim: str
    moment_s: float
    hit: bool


def crash_and_converge(operator: Operator, sample: random.Random, usual_s: float, *, layer: str) -> Crash:
    """From nothing: `up` killed at a random moment, then the next `up`; afterwards all is there, once."""
    operator.must("stack", "destroy", "--yes")
    victim, moment_s = sample.choice(VICTIMS), sample.uniform(0.3, 0.95) * usual_s
    process = operator.start("stack", "up", "--yes", "--layer", layer)
    hit = kill_at(process, victim, moment_s)
    first = operator.ended(process)
    assert first.code != 0 or not hit or victim == "provider", first.told()
    before = operator.living()
    operator.must("stack", "up", "--yes", "--layer", layer)
    operator.assert_one_of_each()
    after = operator.living()
    assert before.items() <= after.items(), "an object was replaced"
    operator.must("stack", "preview", "--layer", layer)
    return Crash(victim, moment_s, hit)
