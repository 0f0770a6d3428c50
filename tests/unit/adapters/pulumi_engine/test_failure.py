"""A failed engine run becomes an error that says which objects, why, and what to type next."""

import pytest
from pulumi.automation import CommandResult
from pulumi.automation.errors import create_command_error

from ndcops.adapters.pulumi_engine.events import EventCollector
from ndcops.adapters.pulumi_engine.failure import MOST_LINES, engine_failure
from ndcops.model.errors import NdcopsError, Refused
from tests.unit.adapters.pulumi_engine.samples import STACK, diagnostic, failed


def error_of(*lines: str, stderr: str = "", code: int = 255, failures: int = 0) -> NdcopsError:
    collector = EventCollector(STACK, lambda progress: None)
    for line in lines:
        collector(diagnostic(line, urn=""))
    for number in range(failures):
        collector(failed(urn=f"urn:pulumi:a::b::kubernetes:core/v1:ConfigMap::c{number}"))
    return engine_failure(STACK, collector, create_command_error(CommandResult("", stderr, code)))


def test_objects_and_reasons_are_named() -> None:
    error = error_of("ConfigMap c0: forbidden", "update failed", failures=2)
    assert error.message == "stack network/ndc1: 2 objects failed"
    assert error.details == ("ConfigMap c0: forbidden",)
    assert error.resolution == "ndcops stack up --site ndc1 --layer network"
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("reason", "kind", "message", "code"),
    [
        ("the cluster is another cluster: UID b, expected a", Refused, "not the one that the target pins", 3),
        ("write state.json: no space left on device", NdcopsError, "the disk of its state is full", 1),
        ("anything else", NdcopsError, "stack network/ndc1 failed", 1),
    ],
)
def test_known_causes(reason: str, kind: type[NdcopsError], message: str, code: int) -> None:
    for error in (error_of(reason), error_of(stderr=f"error: {reason}\n")):
        assert type(error) is kind
        assert message in error.message
        assert error.exit_code == code
        assert reason in error.details[0]


def test_without_diagnostics_the_engine_s_own_words_stand() -> None:
    error = error_of(stderr="Updating (ndc1):\nerror: failed to load checkpoint: bad\n")
    assert error.details == ("error: failed to load checkpoint: bad",)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(-9, "the engine was killed by signal 9"), (1, "the engine ended with exit code 1"), (255, "exit code 255")],
)
def test_a_silent_end_still_has_a_reason(code: int, reason: str) -> None:
    assert reason in error_of(code=code).details[0]


def test_a_killed_engine_is_said_in_one_line() -> None:
    error = error_of(stderr="Updating (ndc1):\n ~ 81 objects\n" * 50, code=-9)
    assert error.details == ("the engine was killed by signal 9",)


def test_one_fault_seen_many_times_is_cut_short() -> None:
    error = error_of(*(f"object {number}: refused" for number in range(50)))
    assert len(error.details) == MOST_LINES + 1
    assert error.details[-1] == f"… and {50 - MOST_LINES} more"


def test_the_cause_in_the_last_line_is_still_seen() -> None:
    lines = [f"object {number}: refused" for number in range(50)]
    assert isinstance(error_of(*lines, "that is another cluster"), Refused)
