"""Cut-overs as calendar entries (iCalendar, RFC 5545), so that they stand in people's calendars."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from ndcops.model.document import Text
from ndcops.model.roadmap import Cutover, Roadmap
from ndcops.reports.catalogue import Language, catalogue

_LINE_BYTES = 75
"""Longer lines are folded (section 3.1)."""

ZONE = "Asia/Ho_Chi_Minh"
"""Local time of every centre; no daylight saving since 1975, so that one rule describes the zone."""

_ZONE_LINES = (
    "BEGIN:VTIMEZONE",
    f"TZID:{ZONE}",
    "BEGIN:STANDARD",
    "DTSTART:19750613T000000",
    "TZOFFSETFROM:+0700",
    "TZOFFSETTO:+0700",
    "TZNAME:+07",
    "END:STANDARD",
    "END:VTIMEZONE",
)


def roadmap_calendar(
    found: Roadmap, agencies: Mapping[str, Text], systems: Mapping[str, Text], language: Language
) -> str:
    """One entry for each system's night; its identity stays when the night moves, so that calendars follow."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ndcops//roadmap//EN", *_ZONE_LINES]
    stamp = f"{found.as_of:%Y%m%d}T000000Z"
    for move in found.moves:
        for cutover in move.cutovers:
            lines += _entry(cutover, stamp, agencies, systems, language)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line))


def _entry(
    cutover: Cutover, stamp: str, agencies: Mapping[str, Text], systems: Mapping[str, Text], language: Language
) -> Iterator[str]:
    def told(text: Text) -> str:
        return text.vi if language == "vi" else text.en

    plain = Text(vi=cutover.system, en=cutover.system)
    title = catalogue().text("roadmap.entry", system=systems.get(cutover.system, plain))
    agency = agencies.get(cutover.agency, Text(vi=cutover.agency, en=cutover.agency))
    begins = datetime.combine(cutover.night, datetime.strptime(cutover.starts, "%H:%M").time())
    ends = begins + timedelta(hours=cutover.hours)
    identity = hashlib.sha256(f"{cutover.agency}/{cutover.system}".encode()).hexdigest()[:32]
    yield "BEGIN:VEVENT"
    yield f"UID:{identity}@ndcops"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;TZID={ZONE}:{begins:%Y%m%dT%H%M%S}"
    yield f"DTEND;TZID={ZONE}:{ends:%Y%m%dT%H%M%S}"
    yield f"SUMMARY:{_text(told(title))}"
    yield f"DESCRIPTION:{_text(told(agency))}"
    yield "END:VEVENT"


def _text(value: str) -> str:
    """A text value (section 3.3.11)."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return " ".join(escaped.split("\r")).replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """The line in pieces of at most 75 bytes, no letter torn apart; continuations begin with a space."""
    piece = ""
    for letter in line:
        if len((piece + letter).encode()) > _LINE_BYTES:
            yield piece
            piece = " "
        piece += letter
    yield piece
