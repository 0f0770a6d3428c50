"""What the room counts on at either end of a move, asked of the fake ends and of real servers alike."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from ndcops.adapters.postgres_servers.switching import PostgresEnd
from ndcops.model.cutover import SequenceValue
from ndcops.onboarding.plan.switching.facts import MoveFacts
from tests.fakes.move_ends import FakeEnd, fake_ends
from tests.move_servers import NAME, MovePair, move_pair
from tests.switch_clients import APPLICATION, SCHEMA, TABLES
from tests.unit.onboarding.test_switching import move

FACTS = MoveFacts(move(), {})
FORWARD, REVERSE = FACTS.forward, FACTS.reverse


@dataclass
class Ends:
    """source, target: as the room has them. writes: a row by an application or a superuser, whether taken."""

    source: PostgresEnd | FakeEnd
    target: PostgresEnd | FakeEnd
    writes: Callable[[str, bool], bool]
    rows: Callable[[str], set[str]]
    reached_as: str = ""


@pytest.fixture(scope="module")
def servers() -> Iterator[MovePair]:
    with move_pair() as pair:
        for server in (pair.source, pair.target):
            with server.connect() as session:
                session.execute(f'CREATE ROLE "{APPLICATION}" LOGIN')
        grant = f'CREATE TABLE words (word text PRIMARY KEY); GRANT ALL ON words TO "{APPLICATION}"'
        pair.schema(SCHEMA + grant)
        pair.stream(*TABLES, "words")
        yield pair


@pytest.fixture(params=["fake", "real"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    if request.param == "fake":
        source, target = fake_ends(FORWARD)
        both = {"source": source, "target": target}
        yield Ends(
            source,
            target,
            lambda word, overrides: source.write(word, overrides=overrides),
            lambda end: (both[end].pump(), set(both[end].rows))[1],  # type: ignore[func-returns-value]
        )
        return
    pair: MovePair = request.getfixturevalue("servers")
    names = move().names
    real = PostgresEnd(pair.source.words(), names.schema), PostgresEnd(pair.target.words(), names.schema)
    yield Ends(
        *real,
        lambda word, overrides: _write(pair, word, overrides),
        lambda end: _words(pair, end),
        pair.target.words(),
    )
    real[0].lift()
    for end in real:
        end.close()


def _write(pair: MovePair, word: str, overrides: bool) -> bool:
    try:
        with pair.source.connect(NAME, "postgres" if overrides else APPLICATION) as session:
            if overrides:
                session.execute("SET default_transaction_read_only = off")
            session.execute("INSERT INTO words VALUES (%s)", [word])
    except Exception:
        return False
    return True


def _words(pair: MovePair, end: str) -> set[str]:
    with (pair.source if end == "source" else pair.target).connect(NAME) as session:
        return {word for (word,) in session.execute("SELECT word FROM words")}


def prepared(ends: Ends) -> None:
    for end in (ends.target, ends.source):
        end.make_room()
    ends.source.publish_sentinel(FORWARD.publication)
    ends.target.follow_sentinel(FORWARD.subscription)
    ends.source.watch(FORWARD)


def fence(ends: Ends) -> None:
    ends.source.lock_out("run")
    while ends.source.put_out((FORWARD.subscription,)):
        time.sleep(0.01)
    ends.source.mark_proven()


def arrives(ends: Ends, token: str) -> bool:
    deadline = time.monotonic() + 20
    while not ends.target.has_sentinel(token):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return True


def test_a_fence_keeps_applications_out_and_is_lifted_as_it_was(ends: Ends) -> None:
    prepared(ends)
    assert ends.writes("before", False)
    fence(ends)
    fence(ends)  # again, as after a kill
    assert not ends.writes("behind", False)
    assert ends.source.fence().fenced
    assert ends.source.try_write()
    ends.source.lift()
    ends.source.lift()
    assert ends.writes("after", False)
    assert not ends.source.fence().fenced


def test_a_sentinel_proves_every_row_before_it(ends: Ends) -> None:
    prepared(ends)
    assert ends.writes("word 1", False)
    ends.source.send_sentinel("token-one")
    ends.source.send_sentinel("token-one")
    assert arrives(ends, "token-one")
    assert "word 1" in ends.rows("target")
    assert ends.target.seal()


def test_a_superusers_write_is_seen_although_it_streamed(ends: Ends) -> None:
    prepared(ends)
    fence(ends)
    assert ends.source.intrusions(FORWARD) == ()
    assert ends.writes("intruder", True)
    ends.source.send_sentinel("token-two")
    assert arrives(ends, "token-two")
    found = ends.source.intrusions(FORWARD)
    assert [each.changes for each in found] == [1]
    ends.source.unwatch(FORWARD)


def test_sequences_are_taken_over_exactly(ends: Ends) -> None:
    value = SequenceValue(table_schema="public", name="tickets", last_value=77, is_called=False)
    ends.source.set_sequences([value])
    read = [each for each in ends.source.sequences() if each.name == "tickets"]
    ends.target.set_sequences(read)
    assert value in ends.target.sequences()


def test_a_halted_stream_goes_on_where_it_stopped(ends: Ends) -> None:
    prepared(ends)
    while not ends.target.halt(FORWARD.subscription):
        time.sleep(0.01)
    state = ends.target.subscription(FORWARD.subscription)
    assert state is not None
    assert not state.enabled
    assert ends.writes("while it stood", False)
    ends.target.go_on(FORWARD.subscription)
    ends.source.send_sentinel("token-three")
    assert arrives(ends, "token-three")
    assert "while it stood" in ends.rows("target")


def test_a_stream_back_brings_nothing_of_before(ends: Ends) -> None:
    prepared(ends)
    fence(ends)
    ends.target.begin_stream(REVERSE, ends.source.published(FORWARD.publication))
    ends.source.end_stream(REVERSE, ends.reached_as)
    ends.source.send_sentinel("token-four")
    assert arrives(ends, "token-four")
    while not ends.target.halt(FORWARD.subscription):
        time.sleep(0.01)
    ends.source.start(REVERSE.subscription, ends.target.seal())
    ends.target.send_sentinel("token-back")
    deadline = time.monotonic() + 20
    while not ends.source.has_sentinel("token-back"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    state = ends.source.subscription(REVERSE.subscription)
    assert state is not None
    assert (state.enabled, state.errors) == (True, 0)  # a row twice would have stopped it by its key
    while not ends.source.stop_back(REVERSE.subscription):
        time.sleep(0.01)
    ends.source.drop_subscription(REVERSE.subscription)
    ends.target.drop_stream(REVERSE)
    ends.target.go_on(FORWARD.subscription)
