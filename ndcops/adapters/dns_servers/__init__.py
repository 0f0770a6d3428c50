"""Authoritative DNS servers, through dnspython; it alone imports it."""

from ndcops.adapters.dns_servers.key import TsigKey, read_key
from ndcops.adapters.dns_servers.names import DnsServers
from ndcops.adapters.dns_servers.resolver import Resolver
from ndcops.adapters.dns_servers.server import AuthoritativeServer

__all__ = ["AuthoritativeServer", "DnsServers", "Resolver", "TsigKey", "read_key"]
