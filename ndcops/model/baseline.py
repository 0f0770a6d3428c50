"""What hardening needs to know of a country's centres: `inventory/hardening.yaml`, beside sites and hosts."""

import re
from ipaddress import ip_network
from typing import ClassVar, Literal, Self

from pydantic import Field, JsonValue, model_validator

from ndcops.model.document import Document, Name, Text, Value, misplaced
from ndcops.model.host import HostRole

Source = str
"""Where a flow may come from: a network, a zone of the host's own site, or a role (its hosts at that site)."""

_PORTS_MAX = 15
"""nftables' and iptables' multiport take so many."""

_LOGIN = r"^[a-z_][a-z0-9_-]{0,30}$"
_VARIABLE = r"^[a-z][a-z0-9_]*$"


def is_network(source: Source) -> bool:
    """Whether a source is a network and no name."""
    return "/" in source or ":" in source or source.replace(".", "").isdigit()


def _check_sources(sources: tuple[Source, ...], field: str) -> None:
    for index, source in enumerate(sources):
        if not is_network(source):
            continue
        try:
            ip_network(source)
        except ValueError as error:
            message = f"'{source}' is no network ({error}); expected one such as 10.19.0.0/20"
            raise misplaced((field, index), message) from error


class TimeServer(Value):
    """A time server; `nts`: it proves who it is (RFC 8915)."""

    name: str = Field(min_length=1)
    nts: bool = False


class SiemReceiver(Value):
    """The collector of a site's events: rsyslog over mutual TLS (RFC 5425) and the journal's own upload.

    host: a siem host of the inventory; {site} stands for the sender's site. certificate_name: the name in the
    collector's certificate when it is another.
    """

    host: str = Field(min_length=1)
    port: int = Field(ge=1, le=65535, default=20514)
    journal_port: int = Field(ge=1, le=65535, default=19532)
    certificate_name: str | None = None
    ca_file: str = Field(min_length=1)


class HostFlow(Value):
    """Traffic that a host takes in; everything else is dropped."""

    name: Name
    protocol: Literal["tcp", "udp"] = "tcp"
    ports: tuple[str, ...] = Field(min_length=1, max_length=_PORTS_MAX)
    sources: tuple[Source, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_ports(self) -> Self:
        _check_sources(self.sources, "sources")
        for index, text in enumerate(self.ports):
            first, dash, last = text.partition("-")
            numbers = [first, last] if dash else [first]
            if not all(one.isascii() and one.isdigit() and 1 <= int(one) <= 65535 for one in numbers):
                raise misplaced(("ports", index), f"'{text}' is no port; expected 1 to 65535, or FIRST-LAST")
            if dash and int(first) > int(last):
                raise misplaced(("ports", index), f"'{text}' ends before it begins")
        return self


class RoleBaseline(Value):
    """What differs for one role. settings: variables of the playbooks' roles, named as in their argument_specs."""

    flows: tuple[HostFlow, ...] = ()
    settings: dict[str, JsonValue] = Field(default_factory=dict)


class Baseline(Document):
    """`inventory/hardening.yaml`.

    operators: accounts that must always get in. admin_sources: where SSH may come from. ssh_port: where sshd
    listens; hosts.yaml says where it is reached now.
    """

    KIND: ClassVar[str] = "Baseline"

    kind: Literal["Baseline"] = "Baseline"
    operators: tuple[str, ...] = Field(min_length=1)
    admin_sources: tuple[Source, ...] = Field(min_length=1)
    ssh_port: int = Field(ge=1, le=65535, default=22)
    mirror: str = Field(pattern=r"^https?://[^\s/]+(/\S*)?$")
    time_servers: tuple[TimeServer, ...] = Field(min_length=1)
    siem: SiemReceiver
    banner: Text
    roles: dict[HostRole, RoleBaseline] = Field(default_factory=dict)
    hosts: dict[Name, dict[str, JsonValue]] = Field(
        default_factory=dict, description="settings of single hosts, over those of their role"
    )

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        _check_sources(self.admin_sources, "admin_sources")
        for index, operator in enumerate(self.operators):
            if not re.fullmatch(_LOGIN, operator):
                raise misplaced(("operators", index), f"'{operator}' is no login name")
            if operator == "root":
                raise misplaced(("operators", index), "root never logs in; expected a person's account")
        for role, baseline in self.roles.items():
            for variable in baseline.settings:
                if not re.fullmatch(_VARIABLE, variable):
                    raise misplaced(("roles", role.value, "settings", variable), "is no name of a variable")
        return self

    def role(self, role: HostRole) -> RoleBaseline:
        """What differs for a role; empty when nothing does."""
        return self.roles.get(role, RoleBaseline())

    def settings_of(self, host: str, role: HostRole) -> dict[str, JsonValue]:
        """Variables of a host: its role's, then its own."""
        return {**self.role(role).settings, **self.hosts.get(host, {})}
