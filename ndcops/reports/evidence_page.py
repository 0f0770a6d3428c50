"""The evidence page: hardening of a target's hosts for auditors, in one self-contained HTML file."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from ndcops.model.control import Catalogue as Controls
from ndcops.model.document import Text
from ndcops.model.host import Host
from ndcops.model.record import Record
from ndcops.model.target import TargetKind
from ndcops.model.waiver import WaiverState
from ndcops.reports.catalogue import Catalogue, catalogue
from ndcops.reports.evidence_facts import (
    EvidenceFacts,
    HostFacts,
    HostState,
    Standing,
    gather_evidence,
    shown_changes,
    tally,
)
from ndcops.reports.evidence_groups import grouped, scan_groups
from ndcops.reports.evidence_matters import evidence_matters, host_names
from ndcops.reports.evidence_records import ScanFigures, stamp
from ndcops.reports.evidence_rules import Excuse
from ndcops.reports.figures import decimal, moment, percent
from ndcops.reports.page import render, write_page
from ndcops.reports.status_page import Tile
from ndcops.reports.svg.bars import stacked_bar
from ndcops.reports.svg.layers import control_cell, layer_stack

_FAILURES_SHOWN = 400


def evidence_page(
    records: Sequence[Record],
    controls: Controls,
    waivers: Sequence[WaiverState],
    *,
    target: str,
    taken_at: datetime,
    hosts: Sequence[Host] = (),
) -> str:
    """The page as one HTML document, Vietnamese first, English by a switch in the page.

    records: the whole chain of evidence, oldest first. hosts: the inventory's; without them a host's role is
    unknown, and a control counts only where it has changed something.
    """
    words = catalogue()
    facts = gather_evidence(records, controls, waivers, hosts, taken_at.date())
    return render(
        "evidence.html.j2",
        words,
        sheets=("page.css", "drawing.css", "evidence.css"),
        heading=words.text("evidence.heading"),
        target=words.named("target", target),
        target_name=target,
        rehearsal=target != TargetKind.PRODUCTION,
        taken_at=taken_at,
        shown_at=moment(taken_at),
        records=records,
        actors=Counter(record.actor for record in records),
        kinds=Counter(record.kind for record in records),
        **_sections(facts, words),
    )


def _sections(facts: EvidenceFacts, words: Catalogue) -> dict[str, object]:
    """What the sections show of the facts, and the functions that they show it with."""
    everyone = frozenset(host.name for host in facts.hosts)

    def named(names: tuple[str, ...]) -> Text:
        if len(names) > 2 and everyone == frozenset(names):
            return words.text("evidence.all_hosts", count=len(names))
        return host_names(names, words)

    return {
        "facts": facts,
        "tiles": _tiles(facts, words),
        "matters": evidence_matters(facts, words),
        "stack": layer_stack(facts.layers, words, "drawing-name"),
        "standings": _standings(facts),
        "host_groups": _host_groups(facts),
        "scans": scan_groups(facts.evidence.scans.values()),
        "reports": tuple(facts.evidence.scans.values()),
        "failures": facts.failures[:_FAILURES_SHOWN],
        "hidden_failures": max(len(facts.failures) - _FAILURES_SHOWN, 0),
        "named": named,
        "excused": lambda scan, host: _excused(facts, scan, host),
        "share": _share,
        "stamp": stamp,
        "shown": shown_changes(control for layer in (*facts.layers, facts.outside) for control in layer.controls),
        "control_cell": control_cell,
        "stacked_bar": stacked_bar,
    }


def write_evidence_page(
    records: Sequence[Record],
    controls: Controls,
    waivers: Sequence[WaiverState],
    path: Path,
    *,
    target: str,
    taken_at: datetime,
    hosts: Sequence[Host] = (),
) -> None:
    """Write the page, and the folders above it. Raises NdcopsError for a path that cannot be written."""
    page = evidence_page(records, controls, waivers, target=target, taken_at=taken_at, hosts=hosts)
    write_page(page, path)


def _tiles(facts: EvidenceFacts, words: Catalogue) -> tuple[Tile, ...]:
    asked = sum(host.state is not HostState.NEVER for host in facts.hosts)
    controls = facts.controls
    held = sum(each.standing is Standing.HELD for each in controls)
    return (
        _part("evidence.tile_hosts", asked, len(facts.hosts), words),
        _part("evidence.tile_controls", held, len(controls), words),
        _last_verification(facts, words),
        _lowest_share(facts, words),
        _lowest_index(facts, words),
    )


def _part(key: str, part: int, whole: int, words: Catalogue) -> Tile:
    css = "calm" if whole == 0 else "good" if part == whole else "warn" if part else "bad"
    return Tile(words.text(key), words.text("tile.share", part=part, whole=whole), css)


def _last_verification(facts: EvidenceFacts, words: Catalogue) -> Tile:
    last = max((each.time for each in facts.evidence.asked.values()), default=None)
    if last is None:
        return Tile(words.text("evidence.tile_verified_never"), words.text("evidence.none"), "calm")
    label = words.text("evidence.tile_verified", time=moment(last))
    troubled = sum(host.state not in (HostState.CLEAN, HostState.NEVER) for host in facts.hosts)
    if troubled:
        return Tile(label, words.counted("evidence.tile_troubled", troubled), "bad")
    return Tile(label, words.text("evidence.tile_clean"), "good")


def _lowest_share(facts: EvidenceFacts, words: Catalogue) -> Tile:
    judged = [each for each in facts.evidence.scans.values() if each.index is None and each.judged]
    if not judged:
        return Tile(words.text("evidence.tile_rules_never"), words.text("evidence.none"), "calm")
    low = min(judged, key=lambda each: each.passed / each.judged)
    label = words.text(
        "evidence.tile_rules",
        profile=low.profile,
        passed=low.passed,
        judged=low.judged,
        not_applicable=low.not_applicable,
    )
    is_open = any(each.excuse is Excuse.OPEN and each.scanner == low.scanner for each in facts.failures)
    return Tile(label, percent(low.passed / low.judged), "warn" if is_open else "good")


def _lowest_index(facts: EvidenceFacts, words: Catalogue) -> Tile:
    found = [each for each in facts.evidence.scans.values() if each.index is not None]
    if not found:
        return Tile(words.text("evidence.tile_index_never"), words.text("evidence.none"), "calm")
    low = min(found, key=lambda each: (each.index or 0, each.tests or 0))
    label = words.text("evidence.tile_index", tests=low.tests if low.tests is not None else "—")
    index = low.index or 0
    return Tile(label, decimal(index), "good" if index >= 80 else "warn" if index >= 60 else "bad")


def _standings(facts: EvidenceFacts) -> tuple[tuple[Standing, int], ...]:
    """Controls by standing, for the legend; standings that no control has are left out."""
    counts = sum((tally(layer) for layer in facts.layers), Counter[Standing]())
    return tuple((standing, counts[standing]) for standing in Standing if counts[standing])


def _host_groups(facts: EvidenceFacts) -> tuple[tuple[HostFacts, tuple[str, ...]], ...]:
    """Hosts alike in all but name and time of change, the worst first; the latest change stands for all."""
    own = {"name", "changed_at"}
    groups = grouped(
        facts.hosts, lambda each: tuple(value for name, value in vars(each).items() if name not in own)
    )
    found = [
        (max(members, key=lambda each: each.changed_at.timestamp() if each.changed_at else 0), members)
        for members in groups.values()
    ]
    order = list(HostState)
    ordered = sorted(found, key=lambda each: order.index(each[0].state))
    return tuple((latest, tuple(each.name for each in members)) for latest, members in ordered)


def _share(scan: ScanFigures) -> Text:
    return percent(scan.passed / scan.judged) if scan.judged else Text(vi="—", en="—")


def _excused(facts: EvidenceFacts, scan: ScanFigures, host: str) -> int:
    """How many of a scan's failing rules a waiver or the catalogue answers for."""
    mine = (each for each in facts.failures if (each.scanner, each.profile) == (scan.scanner, scan.profile))
    return sum(each.excuse is not Excuse.OPEN and host in each.hosts for each in mine)
