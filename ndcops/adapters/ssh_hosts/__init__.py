"""The door to hosts over SSH, and the guard that is put on them; called through wiring."""

from ndcops.adapters.ssh_hosts.access import SshAccess
from ndcops.adapters.ssh_hosts.fingerprint import key_fingerprint
from ndcops.adapters.ssh_hosts.hosts import SshHosts

__all__ = ["SshAccess", "SshHosts", "key_fingerprint"]
