"""The command line itself: help, completion, version, wrong words, errors, light imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from ndcops import __version__
from ndcops.cli.app import app
from tests.cli.conftest import Run
from tests.unit.provisioning.samples import Room

HEAVY = ("pulumi", "kubernetes", "grpc", "pydantic", "rich.table", "yaml", "cryptography")


def _commands() -> list[tuple[str, ...]]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    found: list[tuple[str, ...]] = [()]
    for name, command in root.commands.items():
        found.append((name,))
        if isinstance(command, TyperGroup):
            found += [(name, verb) for verb in command.commands]
    return found


COMMANDS = _commands()


def test_the_groups_of_the_contract_are_there() -> None:
    verbs = {
        group: {each[1] for each in COMMANDS if len(each) == 2 and each[0] == group} for group, *_ in COMMANDS[1:]
    }
    assert verbs["stack"] == {"preview", "up", "drift", "repair", "destroy", "outputs"}
    assert verbs["inventory"] == {"validate", "show", "schema"}
    assert verbs["lab"] >= {"up", "status", "kill", "revive", "down"}
    assert verbs["toolchain"] == {"build", "status", "export", "import"}
    assert {"doctor", "status"} <= verbs.keys()


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words) or "ndcops")
def test_every_command_explains_itself(ndcops: Run, words: tuple[str, ...]) -> None:
    ended = ndcops(*words, "--help")
    assert ended.code == 0
    assert f"Usage: ndcops {' '.join(words)}".rstrip() in " ".join(ended.out.replace("[OPTIONS] ", "").split())
    first = ended.out.split("\n\n")[1].strip()
    assert first.endswith(".")
    assert ended.err == ""


def test_help_names_the_exit_codes(ndcops: Run) -> None:
    text = " ".join(ndcops("--help").out.split())
    assert "0 done, 1 failed, 2 usage, 3 refused as unsafe, 4 partly applied and resumable, 5 differences" in text


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom ndcops.cli.app import main\nsys.argv = ['ndcops', '--help']\n"
        f"try:\n    main()\nfinally:\n    print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    program = "import sys; from ndcops.cli.app import main; sys.argv[0] = 'ndcops'; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--show-completion", shell],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "_NDCOPS_COMPLETE" in done.stdout


def test_the_version(ndcops: Run) -> None:
    assert ndcops("--version").out == f"ndcops {__version__}\n"


WRONG = [
    ("no-such-room",),
    ("stack", "no-such-verb"),
    ("stack", "up", "--no-such-option"),
    ("stack", "up", "--layer"),
    ("stack", "up", "--site"),
    ("stack", "up", "surplus"),
    ("stack", "up", "--target", "space"),
    ("lab", "kill"),
    ("lab", "up", "--nodes", "0"),
    ("lab", "up", "--nodes", "many"),
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_words_are_usage_errors(ndcops: Run, words: tuple[str, ...]) -> None:
    ended = ndcops(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert "error: " in ended.err
    assert " --help" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_words_with_json_are_one_document(ndcops: Run, words: tuple[str, ...]) -> None:
    ended = ndcops("--json", *words)
    assert ended.code == 2
    assert ended.document["error"]["exit_code"] == 2
    assert ended.document["error"]["message"]


@pytest.mark.parametrize("words", [(), ("stack",), ("inventory",)])
def test_no_verb_shows_help_as_a_usage_error(ndcops: Run, words: tuple[str, ...]) -> None:
    ended = ndcops(*words)
    assert ended.code == 2
    assert "Usage: ndcops" in ended.out + ended.err


@pytest.mark.parametrize(
    "words", [("stack", "preview"), ("stack", "up", "--yes"), ("status",), ("stack", "outputs")]
)
def test_without_a_lab_the_way_to_one_is_told(ndcops: Run, words: tuple[str, ...]) -> None:
    ended = ndcops(*words)
    assert ended.code == 1
    assert "error: the lab is not up" in ended.err
    assert "next: ndcops lab up" in ended.err
    assert ndcops(*words, "--json").document["error"]["resolution"] == "ndcops lab up"


def test_production_without_pins_is_refused(ndcops: Run) -> None:
    ended = ndcops("--target", "production", "stack", "preview", "--json")
    assert ended.code == 3
    error = ended.document["error"]
    assert "target production: 3 of 3 clusters may not be written to" in error["message"]
    assert all("its identity is unknown" in line for line in error["details"])


@pytest.mark.parametrize("place", [("--debug", "stack", "preview"), ("stack", "preview", "--debug")])
def test_debug_adds_the_traceback_and_keeps_the_exit_code(ndcops: Run, room: Room, place: tuple[str, ...]) -> None:
    room.clusters.silent.add("ndc1")
    ended = ndcops(*place, "--json")
    assert ended.code == 3
    assert "Traceback (most recent call last)" in ended.err
    assert ended.document["error"]["exit_code"] == 3


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device", "/state/x"), PermissionError(13, "No", "/y")]
)
def test_what_the_system_refuses_is_said_without_a_traceback(ndcops: Run, room: Room, error: OSError) -> None:
    def refuse(site: object) -> str:
        raise error

    room.clusters.read_uid = refuse  # type: ignore[method-assign]
    ended = ndcops("stack", "preview", "--json")
    assert ended.code == 1
    assert ended.document["error"]["message"] == f"{error.strerror}: {error.filename}"
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("words", [["inventory", "schema"], ["--version"], ["--help"]])
def test_a_reader_that_has_seen_enough_causes_no_traceback(words: list[str], tmp_path: Path) -> None:
    program = "import sys; from ndcops.cli.app import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(30)


def test_json_is_plain_text_in_utf_8(ndcops: Run) -> None:
    shown = ndcops("inventory", "show", "ndc1")
    assert "Hòa Lạc" in shown.out
    assert json.loads(shown.out)["name"] == "ndc1"
