"""Root images of lab hosts: built once per release and package list, cached, never half there; `up` calls it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ndcops.lab.hosts.keys import OPERATOR
from ndcops.lab.hosts.layout import MIRROR, Release
from ndcops.lab.hosts.mirror import PORT, DebianMirror
from ndcops.model.errors import NdcopsError
from ndcops.toolchain import die_with_parent
from ndcops.toolchain.disk_space import check_room
from ndcops.toolchain.engine_folder import remove_folder
from ndcops.toolchain.folders import cache_dir, private_subfolder
from ndcops.toolchain.lock import held

PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "sudo", "iproute2", "nftables", "procps",
    "python3-apt", "linux-base", "libpam-systemd", "netbase", "ca-certificates",
)  # fmt: skip
"""A Debian without kernel that boots, takes SSH and runs Ansible. linux-base is what scanners take for a
machine rather than a container: without it over 200 rules do not apply."""

SIEM_PACKAGES = ("rsyslog", "rsyslog-openssl")

RECIPE = 1
"""Counted up whenever `_finish` writes something else: images made before are then not used."""

_SIZE_BYTES = 400 << 20
_TIMEOUT_S = 1800
_STEPS = (
    "chroot architecture", "running apt-get update", "downloading packages", "extracting archives",
    "installing essential", "installing remaining", "cleaning",
)  # fmt: skip
"""How mmdebstrap's lines begin, in order."""

OnStep = Callable[[str, int, int], None]
"""Told the phase, steps done and steps in all."""


def image_folder(release: Release, packages: tuple[str, ...], mirror: DebianMirror) -> Path:
    """Where the image of these packages belongs; it need not exist."""
    key = repr((RECIPE, release.value, sorted(packages), mirror.is_snapshot))
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return private_subfolder(cache_dir(), "host-images") / f"{release}-{digest}"


def ensure_image(release: Release, packages: tuple[str, ...], mirror: DebianMirror, on_step: OnStep) -> Path:
    """The image's folder, built when it is missing. Raises NdcopsError with mmdebstrap's last lines."""
    final = image_folder(release, packages, mirror)
    if final.is_dir():
        return final
    steps = len(_STEPS) + 2
    with held(final.with_suffix(".lock"), lambda holder: on_step(f"waiting for {holder}", 0, steps)):
        if final.is_dir():
            return final
        check_room(f"root image {final.name}", {final.parent: _SIZE_BYTES})
        for leftover in final.parent.glob(f".building-{final.name}.*"):
            remove_folder(leftover)  # its builder is dead: the lock is ours
        staging = Path(tempfile.mkdtemp(prefix=f".building-{final.name}.", dir=final.parent))
        try:
            root = staging / "root"
            _debootstrap(release, packages, mirror, root, staging / "build.log", on_step)
            on_step("finishing", steps - 1, steps)
            _finish(root, release, mirror)
            os.sync()  # the rename must not outrun the contents
            root.rename(final)
        finally:
            remove_folder(staging)
    return final


def _debootstrap(
    release: Release, packages: tuple[str, ...], mirror: DebianMirror, root: Path, log: Path, on_step: OnStep
) -> None:
    """Run mmdebstrap in PID and mount namespaces of its own: when we die, all of it does, mounts too."""
    argv = [
        sys.executable, "-I", "-S", str(die_with_parent.__file__), str(os.getpid()),
        _path_of("unshare"), "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=KILL",
        "mmdebstrap", "--mode=root", "--format=directory", "--variant=minbase", f"--include={','.join(packages)}",
        release.value, str(root), mirror.debian,
    ]  # fmt: skip
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TMPDIR": str(log.parent)}
    done = 0
    with (
        log.open("w") as written,
        subprocess.Popen(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                written.write(line)
                done = _step(line, done, on_step)
            code = process.wait(_TIMEOUT_S)
        except BaseException:
            process.kill()
            raise
    if code != 0:
        raise NdcopsError(
            f"mmdebstrap ended with {code} while making a {release} root image",
            details=[line for line in log.read_text().splitlines() if line.strip()][-6:],
            resolution="check that 'apt-get update' works on this machine, then: ndcops lab hosts up",
        )


def _step(line: str, done: int, on_step: OnStep) -> int:
    for number, start in enumerate(_STEPS, start=1):
        if line.startswith(f"I: {start}") and number > done:
            on_step(start, number, len(_STEPS) + 2)
            return number
    return done


def _path_of(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise NdcopsError(f"'{program}' is not on the PATH", resolution="apt install util-linux")
    return found


def sources(release: Release) -> str:
    """The hosts' apt sources (deb822): the lab's mirror alone."""
    base = f"http://{MIRROR}:{PORT}"
    keyring = "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"
    return (
        f"Types: deb\nURIs: {base}/debian\nSuites: {release} {release}-updates\nComponents: main\n{keyring}\n\n"
        f"Types: deb\nURIs: {base}/debian-security\nSuites: {release}-security\nComponents: main\n{keyring}\n"
    )


def _finish(root: Path, release: Release, mirror: DebianMirror) -> None:
    """What an installer would have left, less everything that must differ between machines."""
    etc = root / "etc"
    for key in (etc / "ssh").glob("ssh_host_*"):
        key.unlink()
    (etc / "machine-id").write_text("")
    for name in ("hostname", "resolv.conf", "apt/sources.list"):
        (etc / name).unlink(missing_ok=True)
    (etc / "apt/sources.list.d/debian.sources").write_text(sources(release))
    if mirror.is_snapshot:
        (etc / "apt/apt.conf.d/90mirror-snapshot").write_text(
            'Acquire::Check-Valid-Until "false";\nAcquire::Check-Date "false";\n'
        )
    (etc / "fstab").write_text("# <file system> <mount point> <type> <options> <dump> <pass>\n")
    # Debian has a system group of the same name: the account joins `users` instead.
    shell_account = ("--create-home", "--shell", "/bin/bash", "--gid", "users", "--groups", "sudo")
    _in_chroot(root, "useradd", *shell_account, OPERATOR)
    _in_chroot(root, "passwd", "--lock", "root")
    _in_chroot(root, "sh", "-c", "echo LANG=C.UTF-8 > /etc/default/locale")
    _in_chroot(root, "systemctl", "enable", "systemd-networkd.service", "ssh.service")
    for leftover in (*(root / "var/log").glob("*.log"), *(root / "var/cache/apt/archives").glob("*.deb")):
        leftover.unlink()


def _in_chroot(root: Path, *argv: str) -> None:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "SYSTEMD_OFFLINE": "1"}
    done = subprocess.run(
        [_path_of("chroot"), str(root), *argv],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode != 0:
        raise NdcopsError(
            f"'{' '.join(argv)}' ended with {done.returncode} in the root image",
            details=(done.stderr or done.stdout).strip().splitlines()[-3:],
            resolution="ndcops lab hosts up",
        )
