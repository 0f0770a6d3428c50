"""A site's BIND: configuration, first zone files and command line; `names.start` calls it."""

import base64
import secrets
from collections.abc import Sequence
from pathlib import Path
from shutil import which
from typing import Final

from ndcops.lab.control_plane import SitePrograms
from ndcops.lab.folder import LabPaths
from ndcops.lab.private_file import write_private
from ndcops.lab.processes import ProcessSpec
from ndcops.lab.state import LabState, SiteState
from ndcops.model.errors import InvalidInput

NAME_SERVER: Final = "names"
KEY_NAME: Final = "ndcops-lab"
TTL_S: Final = 10
"""Of the services' addresses, until a switch lowers it; short, for whoever rehearses waits it out."""


def zone_of(name: str) -> str:
    """The zone that holds a name: its parent, or itself below a public suffix (`gov.vn` is not the centres')."""
    parent = name.partition(".")[2]
    return parent if parent.count(".") >= 2 else name


def zones(state: LabState) -> list[str]:
    """Every zone of the chosen services."""
    names = [name for service in state.services for name in service.dns_names]
    return list(dict.fromkeys(zone_of(name) for name in names))


def named() -> Path:
    """BIND's server. Raises InvalidInput when it is not installed."""
    found = which("named", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if found is None:
        raise InvalidInput("the lab's names need BIND, which is not installed", resolution="apt install bind9")
    return Path(found)


def write_key(paths: LabPaths) -> Path:
    """The TSIG key that may change the names, as `tsig-keygen` writes it; mode 0600, made once."""
    path = paths.names / "tsig.key"
    if not path.exists():
        secret = base64.b64encode(secrets.token_bytes(32)).decode()
        write_private(path, f'key "{KEY_NAME}" {{\n  algorithm hmac-sha256;\n  secret "{secret}";\n}};\n')
    return path


def folder(paths: LabPaths, site: SiteState) -> Path:
    """Configuration, zones and their journals."""
    return paths.site(site.name) / NAME_SERVER


def write_site_files(paths: LabPaths, state: LabState, site: SiteState, key: Path) -> bool:
    """Configuration and missing zone files; gives whether the configuration changed. Zones live in BIND's hands
    afterwards: it writes updates to a journal beside them.
    """
    place = folder(paths, site)
    for zone in zones(state):
        file = place / f"{zone}.zone"
        if not file.exists():
            write_private(
                file, zone_file(zone, [(each.name, state.service_address(each)) for each in state.sites])
            )
    configuration = place / "named.conf"
    text = named_configuration(place, site.address, site.ports.names, key, zones(state))
    if configuration.exists() and configuration.read_text() == text:
        return False
    write_private(configuration, text)
    return True


def named_configuration(place: Path, address: str, port: int, key: Path, zones: Sequence[str]) -> str:
    """Authoritative only, no transfers, updates by the key's holder only, no control channel."""
    head = f"""include "{key}";
options {{
  directory "{place}";
  listen-on port {port} {{ {address}; }};
  listen-on-v6 {{ none; }};
  pid-file none;
  recursion no;
  allow-transfer {{ none; }};
  notify no;
  dnssec-validation no;
  max-cache-size 4M;
}};
controls {{ }};
"""
    return head + "".join(
        f"""zone "{zone}" {{
  type primary;
  file "{zone}.zone";
  update-policy {{ grant {KEY_NAME} zonesub A TXT; }};
}};
"""
        for zone in zones
    )


def zone_file(zone: str, servers: Sequence[tuple[str, str]]) -> str:
    """A zone with its name servers, one a site (name and address), and no service yet."""
    lines = [
        f"$ORIGIN {zone}.",
        f"$TTL {TTL_S}",
        f"@ SOA ns-{servers[0][0]} hostmaster 1 3600 600 604800 {TTL_S}",
        *(f"@ NS ns-{site}" for site, _ in servers),
        *(f"ns-{site} A {address}" for site, address in servers),
    ]
    return "\n".join(lines) + "\n"


def name_server(programs: SitePrograms, paths: LabPaths, site: SiteState) -> ProcessSpec:
    """BIND in the foreground, one worker."""
    spec = programs.spec(NAME_SERVER, "", (), (site.ports.names,))
    return ProcessSpec(
        site=spec.site,
        name=spec.name,
        argv=(str(named()), "-g", "-4", "-n", "1", "-c", str(folder(paths, site) / "named.conf")),
        folder=folder(paths, site),
        log=spec.log,
        ports=spec.ports,
        network_pid=spec.network_pid,
    )
