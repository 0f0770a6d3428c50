"""What a probe saw, one line an attempt, and what follows from it; the client writes it, `reading` reads it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Attempt:
    """One attempt to write a number and read it back.

    at_ms: wall time of its end, since 1970. sequence: the number. address: through which it went, empty when the
    name gave none. took_ms: of both, if confirmed. problem: why it was not: the row may be there all the same.
    """

    at_ms: int
    sequence: int
    address: str
    took_ms: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class ProbeReport:
    """What follows from the attempts of a span of time.

    outage_ms: the longest time without a confirmed write, up to the span's end. turns: the addresses that
    confirmed, in their order; an address that comes twice took turns with another: two sides took writes.
    """

    confirmed: tuple[int, ...]
    failed: int
    first_ms: int
    last_ok_ms: int | None
    outage_ms: int
    outage_began_ms: int | None
    took_p50_ms: float
    turns: tuple[str, ...]
    problem: str = ""


def line(attempt: Attempt) -> bytes:
    """The attempt as a line of the log."""
    document: dict[str, object] = {
        "at_ms": attempt.at_ms,
        "sequence": attempt.sequence,
        "address": attempt.address,
    }
    if attempt.problem:
        document["problem"] = attempt.problem
    else:
        document["took_ms"] = round(attempt.took_ms, 2)
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def parse(text: bytes) -> list[Attempt]:
    """Every whole line; the last one may be half written while the probe runs."""
    whole, _, _ = text.rpartition(b"\n")
    return [Attempt(**json.loads(each)) for each in whole.splitlines()]


def report(attempts: Iterable[Attempt], *, since_ms: int | None, until_ms: int) -> ProbeReport:
    """What was seen from `since_ms` (None: the first attempt) until `until_ms`.

    An outage that was under way at `since_ms` counts from its beginning: who is called to a lost site comes late.
    """
    known = sorted((each for each in attempts if each.at_ms <= until_ms), key=lambda each: each.at_ms)
    inside = [each for each in known if since_ms is None or each.at_ms >= since_ms]
    confirmed = [each for each in inside if not each.problem]
    first_ms = since_ms if since_ms is not None else (inside[0].at_ms if inside else until_ms)
    before_ms = max((each.at_ms for each in known if each.at_ms < first_ms and not each.problem), default=first_ms)
    times = [before_ms, *(each.at_ms for each in confirmed), until_ms]
    outage_ms, began_ms = max((after - before, before) for before, after in pairwise(times))
    took = sorted(each.took_ms for each in confirmed)
    return ProbeReport(
        confirmed=tuple(each.sequence for each in confirmed),
        failed=len(inside) - len(confirmed),
        first_ms=first_ms,
        last_ok_ms=confirmed[-1].at_ms if confirmed else None,
        outage_ms=outage_ms,
        outage_began_ms=began_ms if outage_ms else None,
        took_p50_ms=took[len(took) // 2] if took else 0.0,
        turns=_turns([each.address for each in confirmed]),
        problem=inside[-1].problem if inside else "",
    )


def _turns(addresses: Sequence[str]) -> tuple[str, ...]:
    found = list(addresses[:1])
    for before, after in pairwise(addresses):
        if before != after:
            found.append(after)
    return tuple(found)
