"""DNS: every authoritative server answers, and says what is so."""

from collections.abc import Iterator

from ndcops.failover.plan.facts import FailoverFacts, ServiceFacts
from ndcops.failover.plan.moves import Move
from ndcops.failover.plan.order import Objection
from ndcops.model.failover import NameState


def name_objections(facts: FailoverFacts, found: ServiceFacts, move: Move) -> Iterator[Objection]:
    """Reasons of the service's names. Servers of a lost site are expected to be silent."""
    if not found.service.dns_names:
        return
    for site in (move.source, move.target):
        if site and not facts.entry(site):
            yield Objection(subject=site, reason="no entry address is declared (dns.entry)")
    asked = {state.name for state in found.names}
    said_unknown = any(unknown.what == "names" for unknown in found.unknown)
    for name in found.service.dns_names:
        if name not in asked and not said_unknown:
            yield Objection(subject=move.service, reason=f"no server was asked for {name}")
    for state in found.names:
        yield from _servers(facts, state, move)


def _servers(facts: FailoverFacts, state: NameState, move: Move) -> Iterator[Objection]:
    if not state.answers:
        yield Objection(subject=move.service, reason=f"{state.name} has no authoritative server")
    expected = facts.entry(move.source)
    may_be = {expected, facts.entry(move.target)} if move.realign or not move.planned else {expected}
    for answer in state.answers:
        where = f"{state.name} at {answer.server}"
        if answer.problem:
            if move.planned or answer.site != move.source:
                risk = f"dns-silent:{answer.site}" if not facts.is_reachable(answer.site) else ""
                yield Objection(subject=move.service, reason=f"{where}: {answer.problem}", risk=risk)
        elif expected and (len(answer.addresses) != 1 or answer.addresses[0] not in may_be):
            found = ", ".join(answer.addresses) or "nothing"
            reason = f"{where} leads to {found}; expected {expected} ({move.source})"
            yield Objection(subject=move.service, reason=reason)
