"""Asks as a client does: any authoritative server that answers, unsigned; the lab's probe calls it."""

from collections.abc import Sequence

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

from ndcops.model.failover import Unreachable


class Resolver:
    """The server that answered last is asked first. No answer is kept: the time to live is the caller's matter."""

    def __init__(self, servers: Sequence[str], *, timeout_s: float) -> None:
        """`servers` as ADDRESS:PORT; `timeout_s` is for each."""
        self._servers = list(servers)
        self._timeout_s = timeout_s

    def address(self, name: str) -> str:
        """An address of the name. Raises Unreachable when no server gives one."""
        problems = []
        for server in list(self._servers):
            found, problem = self._ask(server, name)
            if found:
                self._servers.remove(server)
                self._servers.insert(0, server)
                return found
            problems.append(f"{server}: {problem}")
        raise Unreachable(f"{name}: no address", details=problems)

    def _ask(self, server: str, name: str) -> tuple[str, str]:
        host, _, port = server.rpartition(":")
        question = dns.message.make_query(name, dns.rdatatype.A)
        try:
            reply = dns.query.udp(question, host, timeout=self._timeout_s, port=int(port), ignore_unexpected=True)
        except (dns.exception.DNSException, OSError) as error:
            return "", str(error) or type(error).__name__
        if reply.rcode() != dns.rcode.NOERROR or not reply.flags & dns.flags.AA:
            return "", dns.rcode.to_text(reply.rcode())
        for rrset in reply.answer:
            if rrset.rdtype == dns.rdatatype.A:
                return str(rrset[0].to_text()), ""
        return "", "no address"
