"""NDC1 erased from the lab: killed, every file of it removed; the register and the restore plan come from NDC2."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ndcops import wiring
from ndcops.onboarding.plan.register import dossier_entry, services_entry
from ndcops.wiring import ledger as wired
from tests.bench.sandbox import BenchFailed, Finished, Sandbox
from tests.bench.seeded_dossiers import Size, seeded_dossiers
from tests.bench.timing import Clock

LOST, LEFT = "ndc1", ("ndc2", "ndc3")


@dataclass(frozen=True)
class Fire:
    """What was found after it."""

    figures: dict[str, float]
    samples: dict[str, Any]


def burn(sandbox: Sandbox, clock: Clock) -> Fire:
    """Register a country's agencies, burn a centre, and read the register elsewhere."""
    sandbox.ndcops("--json", "lab", "up", "--nodes", "8").required()
    clock.say("registering 60 agencies with 1,000 systems")
    with _environment(sandbox):
        book = wired.ledger("lab", sandbox.inventory)
        services = wiring.read_inventory(sandbox.inventory).services
        dossiers = seeded_dossiers(clock.seed, Size())
        appended = book.append_all([services_entry(services), *map(dossier_entry, dossiers)])
    if appended.lags:
        raise BenchFailed(f"copies were not brought up: {appended.lags}")
    before = _show(sandbox, "--register", "--at", LOST)
    sandbox.ndcops("lab", "kill", LOST).required()
    shutil.rmtree(sandbox.lab.site(LOST))
    shutil.rmtree(sandbox.lab.coordination / "data" / LOST)
    clock.say(f"{LOST} is erased")
    register = _show(sandbox, "--register", "--at", LEFT[0])
    plan = _show(sandbox, "--restore", LOST, "--at", LEFT[0])
    others = [_show(sandbox, "--register", "--at", LEFT[1]), _show(sandbox, "--register")]
    differs = sum(each.stdout != before.stdout for each in (register, *others))
    restore = json.loads(plan.stdout)["restore"]
    verify = sandbox.ndcops("--json", "ledger", "verify")
    clock.say(f"register {register.wall_s:.1f} s, restore plan {plan.wall_s:.1f} s, {len(restore['steps'])} steps")
    return Fire(
        {
            "register_s": round(register.wall_s, 2),
            "restore_plan_s": round(plan.wall_s, 2),
            "after_fire_s": round(register.wall_s + plan.wall_s, 2),
            "register_differs": differs,
            "restore_out_of_order": _out_of_order(restore),
            "restored_systems": sum(len(step["members"]) for step in restore["steps"]),
        },
        {"verify_exit_code": verify.exit_code, "verify": verify.document(), "steps": len(restore["steps"])},
    )


def _show(sandbox: Sandbox, *words: str) -> Finished:
    return sandbox.ndcops("--json", "ledger", "show", *words).required()


def _out_of_order(restore: dict[str, Any]) -> int:
    """Members that come before something that they cannot do without."""
    at = {member["id"]: step["number"] for step in restore["steps"] for member in step["members"]}
    return sum(
        at[need] > step["number"]
        for step in restore["steps"]
        for member in step["members"]
        for need in member["needs"]
        if need in at
    )


@contextmanager
def _environment(sandbox: Sandbox) -> Iterator[None]:
    """The sandbox's settings for this process, as its commands have them."""
    before = dict(os.environ)
    os.environ.update(sandbox.environment())
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
