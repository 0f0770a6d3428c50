"""A million records verified, ten thousand lies told, and a centre erased: does the ledger hold, and how fast."""

import hashlib
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from ndcops.adapters.ledger_files import LedgerFolder, write_export, write_verifier
from ndcops.model.ledger import SEGMENT_RECORDS, LedgerSegment
from ndcops.model.merkle import MerkleTree
from ndcops.model.record import GENESIS, canonical_json
from ndcops.model.signed_note import Checkpoint, SignedNote
from ndcops.onboarding.plan.ledger.segments import packed
from ndcops.onboarding.plan.ledger.verification import CopyState
from ndcops.onboarding.run import Ledger
from tests.bench.ledger_fire import burn
from tests.bench.ledger_lies import Lie, truth
from tests.bench.result import AtLeast, Measured
from tests.bench.sandbox import BenchFailed, Sandbox
from tests.bench.timing import Clock
from tests.fakes.ledger import ORIGIN, MemoryCopy, MemoryStore, head_rules, signing_key

TARGETS = {
    "verify_s": 10,
    "offline_verify_s": 10,
    "undetected": 0,
    "false_alarms": 0,
    "lies": AtLeast(10_000),
    "register_differs": 0,
    "restore_out_of_order": 0,
    "after_fire_s": 10,
}
ROUNDS = 10_000
"""Lies."""

RECORDS = 1_000_000

NOTES = (
    "verify_s: one centre's files of a million records unpacked, chain, Merkle root and signature checked by the "
    "room in one process; offline_verify_s: the same ledger as one file, by the program that needs Python alone, "
    "with the start of its process",
    "lies: one of four copies changed in one of 22 ways, such as a history written anew with right digests, or an "
    "older state put back whole; undetected: its copy is called whole",
    "after fire: NDC1 killed with SIGKILL and all its files removed, its member's data too; then two commands "
    "print register and restore plan from NDC2's copy; register_differs: of copies whose signed register is not "
    "to the byte what NDC1's printed before",
)


def measure(sandbox: Sandbox, clock: Clock) -> Measured:
    """Fire first: it needs the lab; then the lies, then the million."""
    fire = burn(sandbox, clock)
    told, undetected = _lies(clock)
    million = _million(sandbox.root / "million", clock)
    figures = {**million, **told, **fire.figures}
    samples = {"lies": dict(undetected[0]), "missed": undetected[1], "fire": fire.samples}
    return Measured(figures, samples, NOTES, complete=told["lies"] >= clock.wanted)


def _lies(clock: Clock) -> tuple[dict[str, int], tuple[Counter[str], list[str]]]:
    """As many lies as are wanted, about several ledgers; every hundredth time nothing is changed."""
    counts: Counter[str] = Counter()
    missed: list[str] = []
    false_alarms = 0
    of = truth(clock.seed)
    lines = of.lines()
    for number in range(clock.wanted):
        if number % 2_500 == 0:
            of = truth(1_000 * clock.seed + number)
            lines = of.lines()
            clock.say(f"lies: {number} of {clock.wanted}, {len(missed)} undetected")
        chance = Random(f"lie/{clock.seed}/{number}")
        lie = Lie(of, lines, chance)
        name = lie.tell()
        counts[name] += 1
        if not _is_found(of.book, lie):
            missed.append(f"{number} {name}")
        if number % 100 == 0 and not of.book.verify().is_whole:
            false_alarms += 1
    figures = {"lies": sum(counts.values()), "undetected": len(missed), "false_alarms": false_alarms}
    return figures, (counts, missed[:20])


def _is_found(book: Ledger, lie: Lie) -> bool:
    """Whether the copy of ndc2, with the lie in it, is not called whole."""
    liar = MemoryCopy("ndc2")
    liar.note, liar.segments = lie.note or None, lie.segments
    mirrors = [liar if mirror.name == liar.name else mirror for mirror in book.mirrors]
    found = Ledger(book.store, mirrors, book.rules, None, "", book.now).verify()
    return next(copy for copy in found.copies if copy.place == "ndc2").state is not CopyState.WHOLE


def _million(folder: Path, clock: Clock) -> dict[str, float]:
    """A centre's copy of a million records, and its export."""
    clock.say(f"writing {RECORDS:,} records")
    (folder / "ndc1").mkdir(parents=True)
    copy = LedgerFolder("ndc1", folder / "ndc1")
    note = _write(copy)
    book = Ledger(_StoreOf(copy), (), head_rules(), None, "", lambda: None)  # type: ignore[arg-type,return-value]
    began, began_cpu = time.perf_counter(), time.process_time()
    found = book.verify()
    verify_s, verify_cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    if not found.is_whole or found.size != RECORDS:
        raise BenchFailed(f"the copy of {RECORDS:,} records does not hold: {found}")
    export, verifier = folder / "ledger.gz", folder / "verify_ledger.pyz"
    write_export(export, note, [signing_key().key], (_segment(copy, first) for first in copy.firsts()))
    write_verifier(verifier)
    command = [sys.executable, "-I", "-S", str(verifier), str(export), "--key", signing_key().key.text()]
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, timeout=600)
    offline_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    offline_cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    clock.say(f"a million records: {verify_s:.1f} s, offline {offline_s:.1f} s")
    size_mib = export.stat().st_size / 2**20
    shutil.rmtree(folder)
    return {
        "verify_s": round(verify_s, 2),
        "verify_cpu_s": round(verify_cpu_s, 2),
        "offline_verify_s": round(offline_s, 2),
        "offline_verify_cpu_s": round(offline_cpu_s, 2),
        "export_mib": round(size_mib, 1),
    }


class _StoreOf(MemoryStore):
    """A folder in the store's place."""

    def __init__(self, copy: LedgerFolder) -> None:
        super().__init__(copy.name)
        self.checkpoint = copy.checkpoint  # type: ignore[method-assign]
        self.firsts = copy.firsts  # type: ignore[method-assign]
        self.segment = copy.segment  # type: ignore[method-assign]


def _segment(copy: LedgerFolder, first: int) -> LedgerSegment:
    segment = copy.segment(first)
    if segment is None:
        raise BenchFailed(f"segment {first} went away")
    return segment


def _write(copy: LedgerFolder) -> str:
    """A million records as the ledger writes them; without pydantic, which would take minutes."""
    chance = Random("million")
    tree, previous = MerkleTree(), GENESIS
    lines: list[bytes] = []
    segments = copy.folder / "segments"
    segments.mkdir()
    for number in range(RECORDS):
        line, previous = _line(chance, number, previous)
        lines.append(line)
        if len(lines) == SEGMENT_RECORDS or number == RECORDS - 1:
            tree.extend(lines)
            segment = packed(number + 1 - len(lines), lines)
            (segments / f"{segment.name}.jsonl.gz").write_bytes(segment.data)  # without fsync: 3,907 of them
            lines.clear()
    note = SignedNote(Checkpoint(ORIGIN, RECORDS, tree.root()).body())
    signed = note.signed(signing_key().key, signing_key().sign(note.body.encode())).text()
    copy.put_checkpoint(signed)
    return signed


def _line(chance: Random, number: int, previous: str) -> tuple[bytes, str]:
    body: dict[str, Any] = {
        "agency": f"so-{chance.randint(1, 700)}",
        "system": f"he-thong-{chance.randint(1, 5000)}",
        "dossier_sha256": f"{chance.getrandbits(256):064x}",
        "state": "assessed",
        "checks": [{"check": "labels", "passed": True, "why": "mọi trường có nhãn", "waiver": ""}],
    }
    record: dict[str, Any] = {
        "version": 1,
        "sequence": number,
        "previous": previous,
        "time": "2026-02-01T08:00:00.123456Z",
        "actor": "key 3b0f2c11 of ndc.gov.vn/register",
        "epoch": 0,
        "kind": "agency/state",
        "body": body,
    }
    digest = hashlib.sha256(canonical_json(record)).hexdigest()
    return canonical_json({**record, "digest": digest}), digest
