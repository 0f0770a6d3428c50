"""Which files decide how a host behaves and who may enter it: what a snapshot holds."""

from pathlib import Path

from .host import Host
from .trees import Scope, set_id_files

WAY_IN = (
    "/etc/ld.so", "/etc/ssh", "/etc/pam.d", "/etc/security", "/etc/sudoers", "/etc/passwd", "/etc/shadow",
    "/etc/group", "/etc/gshadow", "/etc/nsswitch.conf", "/etc/hosts", "/etc/nologin", "/etc/shells", "/etc/fstab",
    "/etc/systemd/system", "/root/.ssh", "/home/",
)  # fmt: skip
"""Put back before everything else."""

_TREES = (
    "/etc", "/var/lib/pam", "/usr/share/pam-configs", "/var/spool/cron", "/boot/grub/grub.cfg",
    "/var/lib/kubelet/config.yaml",
)  # fmt: skip
_PROGRAMS = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/local")


def scope_of(host: Host) -> Scope:
    """/etc, what PAM and cron keep elsewhere, every account's SSH keys, and programs with another's rights."""
    homes = [home for home in _homes(host) if host.path(home).is_dir()]
    alone = ["/", "/home", *homes, *set_id_files(host.root, _PROGRAMS)]
    return Scope((*_TREES, *(f"{home}/.ssh" for home in homes)), tuple(dict.fromkeys(alone)))


def _homes(host: Host) -> list[str]:
    """Homes that only accounts have; the account `bin` has /bin, which is none of ours."""
    homes = set()
    for line in Path(host.path("/etc/passwd")).read_text(errors="surrogateescape").splitlines():
        fields = line.split(":")
        if len(fields) == 7 and fields[5].startswith(("/home/", "/root", "/var/lib/", "/srv/", "/opt/")):
            homes.add(fields[5].rstrip("/"))
    return sorted(homes)
