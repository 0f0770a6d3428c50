"""`--dry-run` is heard by every command: it shows a plan and stops, or it says that there is none to show."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ndcops.cli.app import app, run

ACTS = """
failover glass FILE
lab down
lab freeze ndc1
lab heal
lab hosts boot ndc1-bastion-1
lab hosts down
lab hosts kill ndc1-bastion-1
lab hosts up
lab kill ndc1
lab partition ndc1
lab probe start identity
lab probe stop identity
lab revive ndc1
lab slow ndc1 --rate 1mbit
lab up
toolchain build
toolchain export FILE
toolchain import FILE
""".strip().splitlines()
"""Commands that act at once, on this machine's lab, engines and files."""

PLANS = frozenset(
    {
        *("agency accept", "agency assess", "agency cutover", "agency decommission", "agency provision"),
        *("agency register", "agency rehearse", "agency roadmap", "agency rollback", "agency runbook"),
        *("agency seed", "agency sign", "agency verify", "agency withdraw", "failover abort", "failover drill"),
        *("failover evacuate", "failover failback", "failover home", "failover resume", "failover switch"),
        *("harden apply", "harden rollback", "ledger verify", "stack destroy", "stack repair", "stack up"),
    }
)
"""Commands that change something after a plan was shown and agreed to."""

READS = frozenset(
    {
        *("agency portfolio", "agency status", "capacity buy", "capacity fit", "capacity forecast"),
        *("capacity report", "capacity show", "capacity survive", "capacity verify", "doctor", "failover plan"),
        *("failover ready", "failover report", "failover status", "harden plan", "harden report", "harden runs"),
        *("harden verify", "harden waivers", "inventory schema", "inventory show", "inventory validate"),
        *("lab hosts status", "lab probe show", "lab status", "ledger export", "ledger show", "stack drift"),
        *("stack outputs", "stack preview", "status", "toolchain status"),
    }
)
"""Commands that change nothing; some write the files that they are asked for."""


def commands(found: Any, names: tuple[str, ...] = ()) -> Iterator[str]:
    below = getattr(found, "commands", {})
    for name, each in below.items():
        yield from commands(each, (*names, name))
    if not below:
        yield " ".join(names)


def test_every_command_is_known_to_read_to_plan_or_to_act() -> None:
    acts = {next(name for name in known() if f"{line} ".startswith(f"{name} ")) for line in ACTS}
    assert acts | PLANS | READS == known()
    assert len(acts) + len(PLANS) + len(READS) == len(known())


def known() -> set[str]:
    return set(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("line", ACTS)
def test_a_command_without_a_plan_says_so_and_does_nothing(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NDCOPS_STATE_DIR", str(tmp_path / "state"))
    words = line.replace("FILE", str(tmp_path / "file")).split()
    assert run([*words, "--dry-run"]) == 2
    assert "no plan to stop after" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
