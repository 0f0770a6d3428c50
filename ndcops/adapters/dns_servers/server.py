"""One authoritative server: asked and updated (RFC 2136), every message signed; `names` and the lab call it."""

from collections.abc import Sequence
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.tsig
import dns.update

from ndcops.adapters.dns_servers.key import TsigKey
from ndcops.model.errors import NdcopsError
from ndcops.model.failover import Changed, ServerAnswer, Unreachable

TIMEOUT_S: Final = 1.5
"""For each of the three questions that a reading asks: together they stay below 5 s."""

EPOCH_LABEL: Final = "_ndcops"
"""Beside each name: a TXT record that holds the epoch of the last run that wrote it."""

TTL_OF_EPOCH_S: Final = 5

_FAILED_PREREQUISITE = {dns.rcode.NXRRSET, dns.rcode.YXRRSET, dns.rcode.NXDOMAIN, dns.rcode.YXDOMAIN}


class _NotBelieved(NdcopsError):
    """An answer came, and it is none."""


class AuthoritativeServer:
    """The server of a site. `label` names it in answers and errors."""

    def __init__(self, site: str, address: str, port: int, key: TsigKey, timeout_s: float = TIMEOUT_S) -> None:
        self.site = site
        self.label = f"{address}:{port}"
        self._address = address
        self._port = port
        self._timeout_s = timeout_s
        self._key = dns.tsig.Key(key.name, key.secret, key.algorithm)

    def serves(self, zone: str) -> bool:
        """Whether it answers for that zone with authority."""
        try:
            return bool(self._zone(dns.name.from_text(zone))[0] == dns.name.from_text(zone))
        except NdcopsError:
            return False

    def answer(self, name: str) -> ServerAnswer:
        """Addresses, time to live, epoch and the zone's serial; never raises: a problem is part of the answer."""
        owner = dns.name.from_text(name)
        try:
            addresses, ttl_s = self._records(owner, dns.rdatatype.A)
            texts, _ = self._records(dns.name.from_text(EPOCH_LABEL, origin=owner), dns.rdatatype.TXT)
            _, serial = self._zone(owner)
            epoch = _epoch(texts)
        except NdcopsError as error:
            return ServerAnswer(server=self.label, site=self.site, problem=error.message)
        return ServerAnswer(
            server=self.label,
            site=self.site,
            addresses=tuple(sorted(addresses)),
            ttl_s=ttl_s,
            serial=serial,
            epoch=epoch,
        )

    def set_epoch(self, name: str, *, expect: int, epoch: int) -> None:
        """Replace the epoch beside a name if it is `expect` (0: there is none). Raises Changed, Unreachable."""
        owner = dns.name.from_text(name)
        beside = dns.name.from_text(EPOCH_LABEL, origin=owner)
        update = self._update(owner)
        _require(update, beside, "TXT", [_epoch_text(expect)] if expect else [])
        update.replace(beside, TTL_OF_EPOCH_S, "TXT", _epoch_text(epoch))
        self._send(update, name)

    def set_addresses(
        self, name: str, addresses: Sequence[str], ttl_s: int, *, expect: Sequence[str], epoch: int
    ) -> None:
        """Replace addresses if they are `expect` and the epoch is `epoch`. Raises Changed, Unreachable."""
        owner = dns.name.from_text(name)
        update = self._update(owner)
        _require(update, owner, "A", expect)
        _require(update, dns.name.from_text(EPOCH_LABEL, origin=owner), "TXT", [_epoch_text(epoch)])
        update.delete(owner, "A")
        for address in addresses:
            update.add(owner, ttl_s, "A", address)
        self._send(update, name)

    def add_if_missing(self, name: str, address: str, ttl_s: int) -> bool:
        """Give a name its first address; gives whether it had none."""
        owner = dns.name.from_text(name)
        update = self._update(owner)
        update.absent(owner, "A")
        update.add(owner, ttl_s, "A", address)
        try:
            self._send(update, name)
        except Changed:
            return False
        return True

    def _update(self, owner: dns.name.Name) -> dns.update.UpdateMessage:
        try:
            zone, _ = self._zone(owner)
        except _NotBelieved as error:
            raise Unreachable(error.message) from error
        return dns.update.UpdateMessage(zone, keyring=self._key, keyalgorithm=self._key.algorithm)

    def _send(self, update: dns.update.UpdateMessage, name: str) -> None:
        """Over TCP: a lost datagram would leave it open whether the update was done."""
        try:
            reply = dns.query.tcp(update, self._address, timeout=self._timeout_s, port=self._port)
        except (dns.exception.DNSException, OSError) as error:
            raise Unreachable(f"{self.label}: update of {name}: {_reason(error)}") from error
        code = reply.rcode()
        if code in _FAILED_PREREQUISITE:
            raise Changed(f"{self.label}: {name} is no longer what was read ({dns.rcode.to_text(code)})")
        if code != dns.rcode.NOERROR:
            raise NdcopsError(
                f"{self.label}: update of {name} was answered with {dns.rcode.to_text(code)}",
                resolution="check the server's update-policy for this key",
            )

    def _ask(self, owner: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.message.Message:
        """A signed answer with authority: dnspython refuses an unsigned one. Raises Unreachable, _NotBelieved."""
        question = dns.message.make_query(owner, kind)
        question.flags &= ~dns.flags.RD
        question.use_tsig(self._key)
        what = f"{self.label}: {owner.to_text(omit_final_dot=True)} {dns.rdatatype.to_text(kind)}"
        try:
            reply, _ = dns.query.udp_with_fallback(
                question, self._address, timeout=self._timeout_s, port=self._port, ignore_unexpected=True
            )
        except (dns.exception.DNSException, OSError) as error:
            raise Unreachable(f"{what}: {_reason(error)}") from error
        if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise _NotBelieved(f"{what}: answered with {dns.rcode.to_text(reply.rcode())}")
        if not reply.flags & dns.flags.AA:
            raise _NotBelieved(f"{what}: the server has no authority for it")
        return reply

    def _records(self, owner: dns.name.Name, kind: dns.rdatatype.RdataType) -> tuple[list[str], int]:
        """The values of that name and kind, and their time to live in seconds; none is an answer too."""
        reply = self._ask(owner, kind)
        found = reply.get_rrset(reply.answer, owner, dns.rdataclass.IN, kind)
        return ([record.to_text() for record in found], found.ttl) if found is not None else ([], 0)

    def _zone(self, owner: dns.name.Name) -> tuple[dns.name.Name, int]:
        """The zone that holds a name, and its serial: the SOA is the answer there or in the authority section."""
        reply = self._ask(owner, dns.rdatatype.SOA)
        for rrset in (*reply.answer, *reply.authority):
            if rrset.rdtype == dns.rdatatype.SOA:
                return rrset.name, int(rrset[0].serial)
        raise _NotBelieved(f"{self.label}: no zone holds {owner.to_text(omit_final_dot=True)}")


def _require(update: dns.update.UpdateMessage, owner: dns.name.Name, kind: str, values: Sequence[str]) -> None:
    """Prerequisite: exactly these values (RFC 2136 2.4.2), or none at all (2.4.3)."""
    if values:
        update.present(owner, kind, *values)
    else:
        update.absent(owner, kind)


def _epoch_text(epoch: int) -> str:
    return f'"epoch={epoch}"'


def _epoch(texts: Sequence[str]) -> int:
    """The epoch of a TXT record set; 0 without one. Raises _NotBelieved for anything else there."""
    if not texts:
        return 0
    text = texts[0].strip('"')
    if len(texts) > 1 or not text.startswith("epoch=") or not text[6:].isdigit():
        raise _NotBelieved(f"the record {EPOCH_LABEL} beside the name is not ours: {', '.join(texts)}")
    return int(text[6:])


def _reason(error: Exception) -> str:
    if isinstance(error, dns.exception.Timeout):
        return "no answer"
    return str(error) or type(error).__name__
