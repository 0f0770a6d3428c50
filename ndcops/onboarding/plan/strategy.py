"""Which of the six Rs suits a system: the first rule that holds decides, and says why; pure."""

from collections.abc import Sequence
from datetime import date

from ndcops.model.assessment import Advice, Blocker
from ndcops.model.document import Text
from ndcops.model.dossier import DatabaseEngine, Dossier, DossierDatabase, DossierSystem, Strategy

UNUSED_DAYS = 365

END_OF_LIFE = {
    10: date(2022, 11, 10),
    11: date(2023, 11, 9),
    12: date(2024, 11, 21),
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Last release of each major version (postgresql.org, "Versioning Policy"); older ones have ended."""

_CHANGES_SCHEMA = frozenset({"oid-types", "no-replica-identity", "oversized-row", "unlogged-table"})
"""Blockers that only a change of the schema or the program takes away."""

_COMPATIBLE = frozenset({DatabaseEngine.MYSQL, DatabaseEngine.MARIADB})
"""Engines that the centre's PostgreSQL can take over table by table."""


def advise(dossier: Dossier, system: DossierSystem, blockers: Sequence[Blocker], today: date) -> Advice:
    """The strategy for one system."""
    databases = dossier.databases_of(system.id)
    mine = {database.id for database in databases}
    found = [blocker for blocker in blockers if blocker.database in mine]
    strategy, why = _choose(system, databases, found, today)
    return Advice(system=system.id, strategy=strategy, declared=system.strategy, why=why)


def _choose(
    system: DossierSystem, databases: Sequence[DossierDatabase], blockers: Sequence[Blocker], today: date
) -> tuple[Strategy, tuple[Text, ...]]:
    if system.must_stay is not None:
        return Strategy.RETAIN, (_text(f"phải ở lại: {system.must_stay}", f"must stay: {system.must_stay}"),)
    if system.replaced_by is not None:
        by = system.replaced_by
        if databases:
            vi, en = f"trung tâm đã có dịch vụ '{by}'", f"the centre's service '{by}' does the same"
            return Strategy.REPURCHASE, (_text(f"{vi}; chuyển dữ liệu sang", f"{en}; its data move there"),)
        return Strategy.RETIRE, (_text(f"dịch vụ '{by}' thay thế", f"service '{by}' takes its place, no data"),)
    if system.last_used is not None and (today - system.last_used).days >= UNUSED_DAYS:
        days = (today - system.last_used).days
        return Strategy.RETIRE, (_text(f"{days} ngày không ai dùng", f"nobody used it for {days} days"),)
    return _how_to_move(databases, blockers, today)


def _how_to_move(
    databases: Sequence[DossierDatabase], blockers: Sequence[Blocker], today: date
) -> tuple[Strategy, tuple[Text, ...]]:
    foreign = [one for one in databases if one.engine is not DatabaseEngine.POSTGRESQL]
    rewritten = [one for one in foreign if one.engine not in _COMPATIBLE]
    if rewritten:
        names = ", ".join(f"{one.id} ({one.engine})" for one in rewritten)
        return Strategy.REFACTOR, (
            _text(f"phải viết lại cho PostgreSQL: {names}", f"rewritten for PostgreSQL: {names}"),
        )
    changing = [one for one in blockers if one.code in _CHANGES_SCHEMA]
    ended = [one for one in databases if one not in foreign and _has_ended(one, today)]
    why = [
        _text(f"{one.id}: {one.engine} sang PostgreSQL", f"{one.id}: {one.engine} becomes PostgreSQL")
        for one in foreign
    ]
    why += [
        _text(f"{one.id}: phiên bản {one.version} đã hết hỗ trợ", f"{one.id}: version {one.version} has ended")
        for one in ended
    ]
    why += [
        _text(f"{one.database}: {one.why.vi} ({', '.join(one.subjects[:3])})",
              f"{one.database}: {one.why.en} ({', '.join(one.subjects[:3])})")
        for one in changing
    ]  # fmt: skip
    if why:
        return Strategy.REPLATFORM, tuple(why)
    return Strategy.REHOST, (
        _text("không có gì phải đổi ngoài nơi đặt", "nothing has to change but the place where it runs"),
    )


def _has_ended(database: DossierDatabase, today: date) -> bool:
    if database.major is None:
        return False
    ends = END_OF_LIFE.get(database.major)
    return ends < today if ends is not None else database.major < min(END_OF_LIFE)


def _text(vi: str, en: str) -> Text:
    return Text(vi=vi, en=en)
