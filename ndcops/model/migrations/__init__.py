"""Reading older `apiVersion`s: a migration lifts one kind by one version; the reader of files calls `migrate`."""

from collections.abc import Sequence

from ndcops.model.document import API_VERSION
from ndcops.model.migrations.dossier import DOSSIER_V1_TO_V2
from ndcops.model.migrations.lifting import FieldPath, Migration, lift, path_before, steps_from
from ndcops.model.record import JsonObject

MIGRATIONS: tuple[Migration, ...] = (DOSSIER_V1_TO_V2,)
"""Every migration of this release."""

__all__ = ["MIGRATIONS", "FieldPath", "Migration", "migrate", "path_before", "steps_from"]


def migrate(
    document: JsonObject,
    *,
    kind: str,
    migrations: Sequence[Migration] = MIGRATIONS,
    current: str = API_VERSION,
) -> JsonObject:
    """The document in version `current`. Raises ValueError: no version, newer than this release, or no way up."""
    return lift(document, kind=kind, migrations=migrations, current=current)
