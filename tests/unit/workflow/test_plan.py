"""Plans: no order that cannot be satisfied, one digest for one meaning, back from their document."""

import pytest

from ndcops.model.errors import NdcopsError
from ndcops.workflow.plan import Plan, plan_from_document
from tests.unit.workflow.samples import Note, decode_note, plan_of


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ((Note("a"), Note("a")), "two steps have one key"),
        ((Note("a"), Note("a", ("b",)), Note("b")), "two steps have one key"),
        ((Note("a", ("b",)),), "step a needs unknown step b"),
        ((Note("a", ("b",)), Note("b", ("a",))), "need each other: .*→"),
        ((Note("a", ("a",)),), "need each other: a → a"),
        ((Note("a", ("c",)), Note("b", ("a",)), Note("c", ("b",)), Note("d")), "need each other"),
    ],
)
def test_refuses_what_no_order_satisfies(steps: tuple[Note, ...], message: str) -> None:
    with pytest.raises(NdcopsError, match=message):
        plan_of(*steps)


@pytest.mark.parametrize(
    ("steps", "order"),
    [
        ((), ""),
        ((Note("a"), Note("b")), "ab"),
        ((Note("b", ("a",)), Note("a")), "ab"),
        ((Note("d", ("b", "c")), Note("c", ("a",)), Note("b", ("a",)), Note("a")), "acbd"),
    ],
)
def test_each_step_comes_after_those_it_needs(steps: tuple[Note, ...], order: str) -> None:
    assert "".join(step.key for step in plan_of(*steps).order()) == order


def test_the_digest_depends_on_meaning_alone() -> None:
    steps = (Note("a"), Note("b", ("a",)))
    one = Plan("room", "lab", "title", steps, {"x": "1", "y": "2"})
    same = Plan("room", "lab", "title", steps, {"y": "2", "x": "1"})
    assert one.digest() == same.digest()


@pytest.mark.parametrize(
    "other",
    [
        Plan("room", "production", "title", (Note("a"),), {"x": "1"}),
        Plan("room", "lab", "title", (Note("b"),), {"x": "1"}),
        Plan("room", "lab", "title", (Note("a"),), {"x": "2"}),
        Plan("room", "lab", "other", (Note("a"),), {"x": "1"}),
    ],
)
def test_another_plan_has_another_digest(other: Plan[object]) -> None:
    assert Plan("room", "lab", "title", (Note("a"),), {"x": "1"}).digest() != other.digest()


def test_a_plan_comes_back_from_its_document() -> None:
    plan = plan_of(Note("a"), Note("b", ("a",)))
    again = plan_from_document(plan.document(), {"test/note/1": decode_note})
    assert again == plan
    assert again.digest() == plan.digest()


def test_a_step_of_an_unknown_release_is_named() -> None:
    document = plan_of(Note("a")).document()
    document["steps"][0]["version"] = 2
    with pytest.raises(NdcopsError, match="test/note/2") as caught:
        plan_from_document(document, {"test/note/1": decode_note})
    assert "release" in caught.value.resolution
