"""The roadmap in words, in both languages: why not earlier, why not at all; page and Markdown use them."""

from collections.abc import Mapping
from dataclasses import dataclass

from ndcops.model.document import Text
from ndcops.model.roadmap import LeftOut, PlannedMove, Reason, ReasonKind, RoadmapRules
from ndcops.reports.catalogue import Catalogue


@dataclass(frozen=True)
class Names:
    """What people call agencies, systems, teams and blackouts; what has no name stands for itself."""

    agencies: Mapping[str, Text]
    systems: Mapping[str, Text]
    rules: RoadmapRules

    def agency(self, agency: str) -> Text:
        """An agency's title."""
        return self.agencies.get(agency, Text(vi=agency, en=agency))

    def system(self, system: str) -> Text:
        """A system's title."""
        return self.systems.get(system) or Text(vi=system or "–", en=system or "–")

    def about(self, reason: Reason) -> Text:
        """What a reason is about."""
        plain = Text(vi=reason.about or "–", en=reason.about or "–")
        if reason.kind is ReasonKind.NEEDS:
            return self.system(reason.about)
        if reason.kind in (ReasonKind.TEAM, ReasonKind.NIGHTS):
            return next((team.title for team in self.rules.teams if team.name == reason.about), plain)
        if reason.kind is ReasonKind.BLACKOUT:
            return next((each.reason for each in self.rules.blackouts if each.reason.en == reason.about), plain)
        return plain


def reason_words(reason: Reason, names: Names, words: Catalogue) -> Text:
    """One reason."""
    return words.text(f"roadmap.reason.{reason.kind}", about=names.about(reason))


def reasons_words(move: PlannedMove, names: Names, words: Catalogue) -> Text:
    """All reasons of a move, in one line."""
    found = [reason_words(reason, names, words) for reason in move.reasons]
    return Text(vi="; ".join(each.vi for each in found), en="; ".join(each.en for each in found))


def left_out_words(left: LeftOut, names: Names, words: Catalogue) -> Text:
    """Why a system has no place."""
    return words.text(f"roadmap.left_out.{left.why}", about=names.system(left.about))
