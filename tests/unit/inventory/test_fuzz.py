"""Whatever happens to a file, reading ends with an inventory or with InvalidInput: never a traceback."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ndcops.adapters.inventory_files import read_inventory
from ndcops.model.errors import InvalidInput

FILES = (
    "sites/ndc1.yaml",
    "services/portal.yaml",
    "hosts.yaml",
    "coordination.yaml",
    "agencies/agency-x/dossier.yaml",
)
SCRAPS = st.sampled_from(
    ["null", "[]", "{}", "- ", ": ", "&a ", "*a", "!!int ", "!x ", "\t", "'", '"', "1e999", "-1", "true",
     "2026-01-01", "99999999999999999999999", "é", "\u202e", "\x85", "#", "|", ">", "---", "...", "%YAML 1.1",
     "? ", "<<: ", "{{", "0x1F"]
)  # fmt: skip
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "insert", "swap value", "byte", "repeat line"]),
        st.integers(0, 10_000),
        st.integers(0, 60),
        SCRAPS | st.text(max_size=5),
    ),
    min_size=1,
    max_size=3,
)


def spoil(content: bytes, edit: tuple[str, int, int, str]) -> bytes:
    kind, where, length, scrap = edit
    at = where % (len(content) + 1)
    lines = content.split(b"\n")
    line = where % len(lines)
    text = scrap.encode("utf-8", "surrogatepass")
    if kind == "cut":
        return content[:at] + content[at + length :]
    if kind == "insert":
        return content[:at] + text + content[at:]
    if kind == "byte":
        return content[:at] + bytes([length * 4 % 256]) + content[at + 1 :]
    if kind == "swap value":
        lines[line] = lines[line].split(b": ")[0] + b": " + text
    else:
        lines.insert(line, lines[line])
    return b"\n".join(lines)


def problems_of(folder: Path) -> tuple[str, ...]:
    try:
        read_inventory(folder)
    except InvalidInput as error:
        return error.details or ("no reason given",)
    return ()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(file=st.sampled_from(FILES), edits=EDITS)
def test_never_ends_in_a_traceback(make_files, file, edits):
    with tempfile.TemporaryDirectory() as folder:
        files = make_files(Path(folder) / "inventory")
        content = (files.root / file).read_bytes()
        for edit in edits:
            content = spoil(content, edit)
        files.write(file, content)
        details = problems_of(files.root)
        assert all(detail.startswith(f"{files.root}/") and "\n" not in detail for detail in details)
