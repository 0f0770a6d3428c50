"""What an auditor must look at first on the evidence page, worst first; pure."""

from collections.abc import Iterator

from ndcops.model.document import Text
from ndcops.reports.attention import Matter
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.evidence_facts import EvidenceFacts, HostState, WaiverHold
from ndcops.reports.evidence_groups import NAMES_SHOWN, folded, grouped
from ndcops.reports.evidence_rules import Excuse
from ndcops.reports.figures import day

RULES_LISTED = 20
"""Failing rules beyond this are read in their table."""
SOON_DAYS = 30


def evidence_matters(facts: EvidenceFacts, words: Catalogue) -> tuple[Matter, ...]:
    """All matters, severe ones first."""
    parts = (_of_chain, _of_waivers, _of_hosts, _of_rules, _of_settings, _of_catalogue)
    found = [matter for part in parts for matter in part(facts, words)]
    return tuple(sorted(found, key=lambda matter: not matter.severe))


def host_names(hosts: tuple[str, ...], words: Catalogue) -> Text:
    """Names in one line, runs folded, with their number; beyond a dozen parts the rest is counted."""
    parts = folded(hosts)
    shown = ", ".join(parts[:NAMES_SHOWN])
    if len(parts) > NAMES_SHOWN:
        return words.text("evidence.names_cut", names=shown, count=len(hosts))
    if len(hosts) > 2:
        return words.text("evidence.names_counted", names=shown, count=len(hosts))
    return Text(vi=shown or "—", en=shown or "—")


def _about(hosts: tuple[str, ...]) -> str:
    parts = folded(hosts)
    return ", ".join(parts[:4]) + (", …" if len(parts) > 4 else "")


def _of_chain(facts: EvidenceFacts, words: Catalogue) -> Iterator[Matter]:
    name = "evidence.jsonl"
    if facts.broken:
        yield Matter(True, name, words.text("evidence.matter_broken", reason=facts.broken))
    unread = facts.evidence.unread
    if unread:
        numbers = ", ".join(str(each) for each in unread[:8]) + (", …" if len(unread) > 8 else "")
        yield Matter(True, name, words.counted("evidence.matter_unread", len(unread), numbers=numbers))


def _of_waivers(facts: EvidenceFacts, words: Catalogue) -> Iterator[Matter]:
    for state, hold in facts.waivers:
        waiver = state.waiver
        if hold is not WaiverHold.GOOD:
            text = words.text(
                f"evidence.matter_waiver.{hold}",
                subject=waiver.subject,
                day=day(waiver.expires),
                reason=state.problem or "—",
            )
            yield Matter(True, waiver.id, text)
        elif state.days_left <= SOON_DAYS:
            text = words.counted("evidence.matter_soon", state.days_left, subject=waiver.subject)
            yield Matter(False, waiver.id, text)


def _of_hosts(facts: EvidenceFacts, words: Catalogue) -> Iterator[Matter]:
    troubled = [each for each in facts.hosts if each.state is not HostState.CLEAN]
    groups = grouped(troubled, lambda each: (each.state, each.repairs, each.problem))
    for (state, repairs, problem), members in groups.items():
        controls = ", ".join(repairs[:8]) + (", …" if len(repairs) > 8 else "")
        text = words.text(
            f"evidence.matter_host.{state}",
            count=len(repairs),
            controls=controls or "—",
            reason=problem or "—",
        )
        yield Matter(state is not HostState.CHANGED, _about(tuple(each.name for each in members)), text)
    for host in facts.hosts:
        if host.differences:
            yield Matter(False, host.name, words.counted("evidence.matter_differences", host.differences))


def _of_rules(facts: EvidenceFacts, words: Catalogue) -> Iterator[Matter]:
    unexcused = [each for each in facts.failures if each.excuse is Excuse.OPEN]
    for each in unexcused[:RULES_LISTED]:
        text = words.text("evidence.matter_rule", scanner=each.scanner, hosts=host_names(each.hosts, words))
        yield Matter(True, each.rule, text)
    more = len(unexcused) - RULES_LISTED
    if more > 0:
        yield Matter(True, "…", words.counted("evidence.matter_rules_more", more))


def _of_settings(facts: EvidenceFacts, words: Catalogue) -> Iterator[Matter]:
    found = [
        (control, reason, host)
        for host, asked in facts.evidence.asked.items()
        for control, reason in asked.unsettable.items()
    ]
    for (control, reason), members in grouped(found, lambda each: each[:2]).items():
        hosts = host_names(tuple(host for _, _, host in members), words)
        yield Matter(False, control, words.text("evidence.matter_unsettable", hosts=hosts, reason=reason))


def _of_catalogue(facts: EvidenceFacts, words: Catalogue) -> Iterator[Matter]:
    for control in facts.outside.controls:
        yield Matter(False, control.id or "—", words.text("evidence.matter_outside"))
