"""A lab host's disk: an overlay on the image, and what tells this machine from the others; `up` calls it."""

import os
import shutil
import subprocess
from ipaddress import IPv4Network
from pathlib import Path

from ndcops.lab.hosts import siem
from ndcops.lab.hosts.addresses import mirror_address
from ndcops.lab.hosts.keys import OPERATOR, host_key_files
from ndcops.lab.hosts.layout import MIRROR, HostsPaths, HostsState, HostState, MachineFolder
from ndcops.model.errors import NdcopsError
from ndcops.model.host import HostRole

_PROVISIONED = "provisioned"
"""A file in the machine's folder that appears once its disk is whole."""


def ensure_disk(paths: HostsPaths, state: HostsState, host: HostState) -> None:
    """Mount the host's disk, made and filled when it is new. Raises NdcopsError."""
    machine = paths.machine(host.name)
    done = machine.folder / _PROVISIONED
    if not done.exists():
        _unmount(machine.root)
        if machine.folder.exists():
            shutil.rmtree(machine.folder)  # half made by an `up` that was killed
        for folder in (machine.upper, machine.work, machine.root):
            folder.mkdir(parents=True, mode=0o755)
        machine.image.symlink_to(host.image)
    mount(machine)
    if not done.exists():
        _fill(machine.root, paths, state, host)
        done.touch()


def mount(machine: MachineFolder) -> None:
    """Mount the overlay unless it is; `index` and `redirect_dir` make links and renames act as on a real disk."""
    if machine.root.is_mount():
        return
    if not machine.image.is_dir():
        raise NdcopsError(
            f"the root image of a lab host is gone: {machine.image.readlink()}",
            resolution="ndcops lab hosts down, then: ndcops lab hosts up",
        )
    options = "lowerdir=image,upperdir=upper,workdir=work,index=on,redirect_dir=on"
    done = subprocess.run(
        ["mount", "-t", "overlay", "overlay", "-o", options, "root"],
        cwd=machine.folder, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise NdcopsError(
            f"cannot mount the disk of a lab host at {machine.root}",
            details=[done.stderr.strip()],
            resolution="put NDCOPS_STATE_DIR on a file system that overlayfs can write to (ext4, xfs)",
        )


def _unmount(root: Path) -> None:
    if root.is_mount():
        subprocess.run(["umount", str(root)], capture_output=True, timeout=30, check=True)


def hosts_table(state: HostsState) -> str:
    """/etc/hosts: this machine, the mirror, the SIEM and every other lab host."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines.append(f"{mirror_address(IPv4Network(state.subnet))} {MIRROR}")
    for each in state.hosts:
        alias = f" {siem.ALIAS}" if each.role is HostRole.SIEM else ""
        lines.append(f"{each.address} {each.name}{alias}")
    return "\n".join(lines) + "\n"


def network_unit(state: HostsState, host: HostState) -> str:
    """systemd.network of the only link: an address and no route beyond the lab."""
    prefix = IPv4Network(state.subnet).prefixlen
    return (
        f"[Match]\nName=host0\n\n[Network]\nAddress={host.address}/{prefix}\n"
        "LinkLocalAddressing=no\nIPv6AcceptRA=no\nLLDP=no\n"
    )


def _fill(root: Path, paths: HostsPaths, state: HostsState, host: HostState) -> None:
    etc = root / "etc"
    _write(etc / "hostname", f"{host.name}\n")
    _write(etc / "machine-id", f"{host.machine_id}\n", 0o444)
    _write(etc / "hosts", hosts_table(state))
    _write(etc / "systemd/network/80-container-host0.network", network_unit(state, host))
    for private in host_key_files(paths, host.name):
        public = private.with_name(f"{private.name}.pub")
        _write(etc / "ssh" / private.name, private.read_text(), 0o600)
        _write(etc / "ssh" / public.name, public.read_text())
    _operator(root, paths)
    if host.role is HostRole.SIEM:
        siem.configure_collector(root, paths, host)


def write_hosts_tables(paths: HostsPaths, state: HostsState) -> None:
    """Give hosts that are up already the names of those that joined."""
    wanted = hosts_table(state)
    for host in state.hosts:
        table = paths.machine(host.name).root / "etc/hosts"
        if table.exists() and table.read_text() != wanted:
            _write(table, wanted)


def _operator(root: Path, paths: HostsPaths) -> None:
    """The operator's key, and the password that sudo asks for (hashed by the machine's own chpasswd)."""
    home = root / "home" / OPERATOR
    owner = home.stat()
    folder = home / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = folder / "authorized_keys"
    _write(keys, paths.identity.with_name(f"{paths.identity.name}.pub").read_text(), 0o600)
    for path in (folder, keys):
        os.chown(path, owner.st_uid, owner.st_gid)
    password = paths.sudo_password.read_text().strip()
    done = subprocess.run(
        ["chroot", str(root), "chpasswd"],
        input=f"{OPERATOR}:{password}\n", capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )  # fmt: skip
    if done.returncode != 0:
        raise NdcopsError(
            "cannot set the operator's password on a lab host",
            details=[done.stderr.strip()],
            resolution="ndcops lab hosts up",
        )


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
