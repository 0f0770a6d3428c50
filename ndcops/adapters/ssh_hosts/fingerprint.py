"""Who opens the hosts: the fingerprint of the operator's key, for the records' actor."""

from pathlib import Path

import paramiko

from ndcops.model.errors import InvalidInput


def key_fingerprint(identity: Path | None) -> str:
    """SHA-256 fingerprint, as `ssh-keygen -l` shows it; of the agent's first key without a file.

    Raises InvalidInput when there is no key to act with.
    """
    if identity is None:
        keys = paramiko.Agent().get_keys()
        if not keys:
            raise InvalidInput(
                "the ssh-agent holds no key",
                resolution="ssh-add FILE, or NDCOPS_SSH_IDENTITY=FILE ndcops harden …",
            )
        return str(keys[0].fingerprint)
    try:
        return str(paramiko.PKey.from_path(str(identity)).fingerprint)
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise InvalidInput(f"the key {identity} cannot be read: {error}") from error
