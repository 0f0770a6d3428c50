"""The SIEM's collector: rsyslog over mutual TLS on port 6514 (RFC 5425), one file per sender, in order."""

import shutil
from pathlib import Path

from ndcops.lab.hosts.layout import HostsPaths, HostState
from ndcops.lab.pki import key_pair

SYSLOG_TLS_PORT = 6514
ALIAS = "siem"
"""The SIEM's second name, in /etc/hosts and in its certificate."""

COLLECTED = "/var/log/remote"
"""On the SIEM: `HOST.log` holds what that host sent."""

_PKI = "/etc/ndcops/pki"

_CONFIGURATION = f"""\
# Any certificate of the lab's authority may send. The file is named after the sender's address as
# /etc/hosts knows it: what a message says of itself could name another host.
global(
  defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="{_PKI}/ca.crt"
  defaultNetstreamDriverCertFile="{_PKI}/collector.crt"
  defaultNetstreamDriverKeyFile="{_PKI}/collector.key"
)
module(
  load="imtcp"
  streamDriver.name="ossl"
  streamDriver.mode="1"
  streamDriver.authMode="x509/certvalid"
)
template(name="SenderFile" type="string" string="{COLLECTED}/%fromhost:::secpath-replace%.log")
ruleset(name="collector") {{
  action(type="omfile" dynaFile="SenderFile" template="RSYSLOG_FileFormat" createDirs="on")
}}
input(type="imtcp" port="{SYSLOG_TLS_PORT}" ruleset="collector")
"""


def configure_collector(root: Path, paths: HostsPaths, host: HostState) -> None:
    """Write the collector's configuration, certificate and key into the SIEM's file system."""
    pki = root / _PKI.lstrip("/")
    pki.mkdir(parents=True, exist_ok=True, mode=0o755)
    own = key_pair(paths.pki, host.name)
    for source, name, mode in (
        (key_pair(paths.pki, "ca").certificate, "ca.crt", 0o644),
        (own.certificate, "collector.crt", 0o644),
        (own.key, "collector.key", 0o600),
    ):
        shutil.copyfile(source, pki / name)
        (pki / name).chmod(mode)
    configuration = root / "etc/rsyslog.d/30-collector.conf"
    configuration.write_text(_CONFIGURATION)
    configuration.chmod(0o644)
