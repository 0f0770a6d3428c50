"""The engines ndcops runs, as data: their Go module, how each is built, and which ones on PATH are as good.

build.py builds them, on_path.py looks for them, bundle packs them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ndcops.model.errors import InvalidInput

MIB: Final = 1024 * 1024
SOURCES: Final = Path(__file__).parent / "engines"

PULUMI_VERSION: Final = "3.246.0"
"""Equal to the `pulumi` package pinned in pyproject.toml: the Automation API checks the two together."""
KUBERNETES_VERSION: Final = "1.36.3"


@dataclass(frozen=True)
class PrintedFile:
    """A file of the engine that its own executable prints."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class GoProgram:
    """An executable built from a package; `links` are its other names, for programs that look at argv[0]."""

    package: str
    executable: str
    linker_flags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    printed_files: tuple[PrintedFile, ...] = ()


@dataclass(frozen=True)
class ModuleFiles:
    """Files copied out of the modules that go.mod requires: (module path, glob inside it)."""

    patterns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Footprint:
    """What a cold build takes, measured on two cores; asked of the disk before, and the first time-left guess."""

    output_bytes: int
    module_cache_bytes: int = 0
    build_cache_bytes: int = 0
    packages: int = 0
    package_s: float = 0.1
    link_s: float = 1.0


@dataclass(frozen=True)
class ProgramOnPath:
    """A program that replaces ours when its version is good.

    pattern finds major, minor and patch in what it prints; it is good when the first `same_parts` numbers
    equal those of `at_least` and the whole is not below it.
    """

    name: str
    arguments: tuple[str, ...]
    pattern: str
    same_parts: int
    at_least: tuple[int, int, int]


@dataclass(frozen=True)
class EngineSource:
    """One engine: where its Go module is and what comes out of it.

    override_variable names a program or a folder of programs that the operator chose; shipped_files are
    (name, path) of files that programs from elsewhere lack.
    """

    name: str
    version: str
    folder: Path
    product: GoProgram | ModuleFiles
    footprint: Footprint
    on_path: tuple[ProgramOnPath, ...] = ()
    override_variable: str = ""
    shipped_files: tuple[tuple[str, Path], ...] = ()


def _kubernetes(name: str, *arguments: str, prefix: str = "Kubernetes") -> ProgramOnPath:
    # The same minor version: the lab's flags, feature gates and storage versions belong to it. A vendor's
    # build metadata (+k3s1) is accepted, a pre-release (-rc.0) is not.
    pattern = rf"^{prefix} v(\d+)\.(\d+)\.(\d+)(?:\+[\w.]+)?$"
    return ProgramOnPath(name, arguments or ("--version",), pattern, same_parts=2, at_least=(1, 36, 0))


PULUMI: Final = EngineSource(
    name="pulumi",
    version=PULUMI_VERSION,
    folder=SOURCES / "pulumi",
    product=GoProgram(
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        executable="pulumi",
        linker_flags=(f"-X=github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{PULUMI_VERSION}",),
    ),
    footprint=Footprint(120 * MIB, 1200 * MIB, 1100 * MIB, packages=1626, package_s=0.125, link_s=12),
    # The same major, not older than our SDK: a newer engine reads the state of an older one, an older engine
    # may refuse the state that a colleague's newer one wrote, and may lack calls that the SDK makes.
    on_path=(ProgramOnPath("pulumi", ("version",), r"^v(\d+)\.(\d+)\.(\d+)$", 1, (3, 246, 0)),),
    override_variable="NDCOPS_PULUMI",
)

KUBE: Final = EngineSource(
    name="kube",
    version=KUBERNETES_VERSION,
    folder=SOURCES / "kube",
    product=GoProgram(
        package=".",
        executable="kube",
        linker_flags=(
            f"-X=k8s.io/component-base/version.gitVersion=v{KUBERNETES_VERSION}",
            "-X=k8s.io/component-base/version.gitMajor=1",
            "-X=k8s.io/component-base/version.gitMinor=36",
        ),
        links=(
            "etcd",
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubectl",
            "kwok",
            "scheduler-verdicts",
        ),
        printed_files=(PrintedFile("kwok-stages.yaml", ("kwok-stages",)),),
    ),
    footprint=Footprint(190 * MIB, 520 * MIB, 1500 * MIB, packages=2800, package_s=0.1, link_s=20),
    on_path=(
        ProgramOnPath("etcd", ("--version",), r"^etcd Version: (\d+)\.(\d+)\.(\d+)$", 2, (3, 6, 0)),
        _kubernetes("kube-apiserver"),
        _kubernetes("kube-controller-manager"),
        _kubernetes("kube-scheduler"),
        _kubernetes("kubectl", "version", "--client", prefix="Client Version:"),
        ProgramOnPath("kwok", ("--version",), r"^kwok version v(\d+)\.(\d+)\.(\d+)(?: .*)?$", 2, (0, 8, 0)),
    ),
    override_variable="NDCOPS_KUBE_DIR",
    shipped_files=(("kwok-stages.yaml", Path(__file__).parent / "kwok-stages.yaml"),),
)

CRDS: Final = EngineSource(
    name="crds",
    version="gateway-api-1.4.1+external-snapshotter-8.4.0+csi-addons-0.13.0+cloudnative-pg-1.28.0",
    folder=SOURCES / "crds",
    product=ModuleFiles(
        patterns=(
            ("sigs.k8s.io/gateway-api", "config/crd/standard/*.yaml"),
            ("github.com/kubernetes-csi/external-snapshotter/client/v8", "config/crd/snapshot.storage*.yaml"),
            ("github.com/kubernetes-csi/external-snapshotter/client/v8", "config/crd/groupsnapshot.storage*.yaml"),
            ("github.com/csi-addons/kubernetes-csi-addons", "config/crd/bases/*.yaml"),
            ("github.com/cloudnative-pg/cloudnative-pg", "config/crd/bases/postgresql.cnpg.io_clusters.yaml"),
        )
    ),
    footprint=Footprint(4 * MIB, 64 * MIB),
)

ENGINES: Final[dict[str, EngineSource]] = {source.name: source for source in (PULUMI, KUBE, CRDS)}


def engine_source(name: str) -> EngineSource:
    """Return the engine of that name; raises InvalidInput when there is none."""
    if name not in ENGINES:
        raise InvalidInput(
            f"there is no engine {name!r}",
            details=[f"engines: {', '.join(ENGINES)}"],
            resolution="ndcops toolchain status",
        )
    return ENGINES[name]
