"""The core of v1 becomes a dossier of v2, whatever JSON it holds; what people wrote stays."""

from hypothesis import given
from hypothesis import strategies as st

from ndcops.model.dossier import Dossier
from ndcops.model.migrations import MIGRATIONS, migrate, path_before, steps_from

CORE = {
    "apiVersion": "ndcops/v1",
    "kind": "Dossier",
    "id": "agency-x",
    "title": {"vi": "Cơ quan", "en": "Agency"},
    "as_of": "2026-01-31",
    "contacts": [
        {"name": "An", "role": "Data Owner", "email": "an@example.vn"},
        {"name": "B", "role": "văn thư", "email": "b@example.vn"},
        {"name": "C", "role": "rollback", "email": "c@example.vn"},
    ],
    "systems": [
        {"id": "x", "title": {"vi": "X", "en": "X"}, "classification": "internal", "depends_on": ["identity"]}
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


def lifted(document: dict[str, object]) -> dict[str, object]:
    return migrate(document, kind="Dossier", current=Dossier.VERSION)


def test_the_core_is_lifted():
    dossier = Dossier.model_validate(lifted(CORE))
    assert (dossier.id, dossier.agency.level) == ("agency-x", None)
    assert [contact.role for contact in dossier.contacts] == ["owner", "other", "rollback"]
    assert [contact.position for contact in dossier.contacts] == ["Data Owner", "văn thư", None]
    assert [need.to for need in dossier.systems[0].depends_on] == ["identity"]


def test_the_newer_form_under_the_older_version_is_taken_as_it_is():
    newer = {**lifted(CORE), "apiVersion": "ndcops/v1"}
    assert lifted(newer) == lifted(CORE)


@given(st.dictionaries(st.sampled_from(["id", "title", "contacts", "systems", "as_of", "extra"]), JSON))
def test_any_json_is_lifted_and_nothing_is_lost(document):
    found = lifted({"apiVersion": "ndcops/v1", "kind": "Dossier", **document})
    assert found["apiVersion"] == Dossier.VERSION
    assert found["agency"] == {key: document[key] for key in ("id", "title") if key in document}
    assert set(found) - {"agency", "apiVersion", "kind"} == set(document) - {"id", "title"}


def test_paths_lead_back_to_what_was_written():
    steps = steps_from("ndcops/v1", kind="Dossier", migrations=MIGRATIONS)
    assert path_before(("agency", "id"), steps) == ("id",)
    assert path_before(("agency", "title", "vi"), steps) == ("title", "vi")
    assert path_before(("systems", 0, "depends_on", 1, "to"), steps) == ("systems", 0, "depends_on", 1)
    assert path_before(("contacts", 0, "position"), steps) == ("contacts", 0, "role")
    assert path_before(("databases", 0, "id"), steps) == ("databases", 0, "id")
    assert steps_from("ndcops/v2", kind="Dossier", migrations=MIGRATIONS) == ()
