"""An agency in memory at a state of its way in, for tests of switching: its ledger, both ends, runs' journals."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from ndcops.adapters.signatures import DetachedSignatures
from ndcops.model.cutover import CopyFindings, End, RestoredCopy
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.target import TargetKind
from ndcops.onboarding.run import Onboarding
from ndcops.onboarding.run.switching import Switching
from tests.fakes.move_ends import fake_ends
from tests.onboarding_world import BEGAN, SITES, Journey, Keys, MemoryLedger, dossier
from tests.switch_facts import FACTS_OF, FakeClock, move
from tests.switch_runs import NoNames

DATABASE = {"id": "x-db", "system": "x-records", "engine": "postgresql", "connection": "host=a"}


class Journals:
    """meanwhile: what another machine does before this one is alone."""

    place = "memory"

    def __init__(self) -> None:
        self.kept: dict[str, list[MemoryLedger]] = {}
        self.meanwhile: Callable[[], object] = lambda: None

    @contextmanager
    def alone(self, title: str) -> Iterator[None]:
        before, self.meanwhile = self.meanwhile, lambda: None
        before()
        yield

    def new(self, title: str) -> MemoryLedger:
        journal = MemoryLedger()
        journal.now = BEGAN + timedelta(days=1)
        self.kept.setdefault(title, []).append(journal)
        return journal

    def last(self, title: str) -> MemoryLedger | None:
        written = [each for each in self.kept.get(title, ()) if each.records()]
        return written[-1] if written else None


class Restores:
    def __init__(self) -> None:
        self.same, self.differing, self.is_there, self.stands = False, tuple[str, ...](), True, False

    def is_same_server(self, words: str, other: str) -> bool:
        return self.same

    def is_gone(self, words: str, name: str) -> bool:
        return not self.is_there

    @contextmanager
    def restored(self, words: str, own_schema: str, into: str) -> Iterator[RestoredCopy]:
        self.stands = True
        yield RestoredCopy(words=into, moment="m", duration_s=5)
        self.stands = False

    def compare(self, words: str, copy: RestoredCopy, *, ours: str) -> CopyFindings:
        assert self.stands
        return CopyFindings(tables=2, rows=100, seed=1, digest="", differing=self.differing)


class Country:
    """One agency with one system, at a state of its way in."""

    def __init__(self, state: LifecycleState) -> None:
        self.keys = Keys()
        self.journey = Journey(self.keys, self.keys.signed(dossier(databases=[DATABASE])))
        self.journey.until(state)
        self.source, self.target = fake_ends(FACTS_OF.forward)
        self.target.fenced = True
        self.journals, self.restores = Journals(), Restores()
        inventory: Any = SimpleNamespace(
            dossier=lambda name: self.journey.dossier,
            dossiers=(self.journey.dossier,),
            signers=self.keys.signers,
            waivers=None,
            services=(),
            built_sites=lambda: [SimpleNamespace(name=name) for name in SITES],
        )
        unused: Any = None
        self.room = Onboarding(
            target=TargetKind.LAB,
            inventory=lambda: inventory,
            files=unused,
            ledger=self.journey.ledger,
            signatures=DetachedSignatures(),
            reader=unused,
            open_journal=self.journals.new,
            now=lambda: self.journey.ledger.now,
            version="1",
            stop=threading.Event(),
            on_step=lambda _: None,
        )

    def switching(self) -> Switching:
        return Switching(
            self.room,
            lambda *_: (move(),),
            lambda _, end: self.source if end is End.SOURCE else self.target,
            lambda *_: 0,
            lambda _: None,
            NoNames(),
            self.journals,
            FakeClock(),
            threading.Event(),
            lambda _: None,
        )

    def change(self, leaving: End) -> None:
        switching = self.switching()
        switching.execute(switching.propose("agency-x", None, leaving), command="ndcops agency cutover agency-x")

    @property
    def state(self) -> LifecycleState:
        return self.journey.standing().state
