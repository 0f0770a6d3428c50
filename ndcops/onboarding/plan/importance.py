"""The class of a data set by the legal thresholds: how many citizens' undisclosed data it holds; pure.

Decision 20/2025: basic data of 100,000 people make it important, of 1,000,000 core; sensitive data of 10,000
and of 100,000. What law itself lists by name is declared with its legal basis, and may stand above the thresholds.
"""

from ndcops.model.assessment import ImportanceFinding
from ndcops.model.document import Text
from ndcops.model.dossier import Dataset, Importance, Sharing, Subjects

BASIC = ((1_000_000, Importance.CORE), (100_000, Importance.IMPORTANT))
SENSITIVE = ((100_000, Importance.CORE), (10_000, Importance.IMPORTANT))


def least_importance(subjects: Subjects, sharing: Sharing | None) -> Importance:
    """The class that the numbers ask for. Data that everybody may have anyway are not undisclosed."""
    if sharing is Sharing.OPEN:
        return Importance.OTHER
    reached = [kind for least, kind in BASIC if subjects.basic >= least]
    reached += [kind for least, kind in SENSITIVE if subjects.sensitive >= least]
    return max(reached, key=lambda kind: kind.level, default=Importance.OTHER)


def judge_importance(dataset: Dataset, counted: Subjects | None) -> ImportanceFinding:
    """The declaration against what was counted; None: nobody could count, so it is not called right."""
    least = least_importance(counted, dataset.sharing) if counted is not None else None
    wrong, why = _verdict(dataset, counted, least)
    return ImportanceFinding(
        dataset=dataset.id, declared=dataset.importance, least=least, subjects=counted, wrong=wrong, why=why
    )


_VI = {Importance.CORE: "cốt lõi", Importance.IMPORTANT: "quan trọng", Importance.OTHER: "khác"}


def _vi(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _verdict(dataset: Dataset, counted: Subjects | None, least: Importance | None) -> tuple[bool, Text]:
    declared = dataset.importance
    if counted is None or least is None:
        return True, Text(
            vi="chưa đếm được số người, nên chưa biết mức quan trọng",
            en="the people in it could not be counted, so its class is not known",
        )
    people = Text(
        vi=f"{_vi(counted.basic)} người có dữ liệu cơ bản, {_vi(counted.sensitive)} người có dữ liệu nhạy cảm",
        en=f"{counted.basic:,} people with basic data, {counted.sensitive:,} with sensitive data",
    )
    if dataset.sharing is Sharing.OPEN and (counted.basic or counted.sensitive):
        return True, Text(
            vi=f"khai là dữ liệu mở nhưng có dữ liệu cá nhân ({people.vi})",
            en=f"declared open, but it holds personal data ({people.en})",
        )
    if declared is None:
        return True, Text(
            vi=f"chưa khai mức quan trọng; theo ngưỡng là {_VI[least]} ({people.vi})",
            en=f"no class declared; by the thresholds it is {least} ({people.en})",
        )
    if declared.level < least.level:
        return True, Text(
            vi=f"khai là {_VI[declared]} nhưng theo ngưỡng phải là {_VI[least]} ({people.vi})",
            en=f"declared {declared}, by the thresholds {least} ({people.en})",
        )
    if declared.level > least.level and dataset.legal_basis is None:
        return True, Text(
            vi=f"khai là {_VI[declared]}, cao hơn ngưỡng ({_VI[least]}), mà không nêu căn cứ pháp lý",
            en=f"declared {declared}, above the thresholds ({least}), and no legal basis is given",
        )
    return False, Text(vi=f"đúng ({people.vi})", en=f"right ({people.en})")
