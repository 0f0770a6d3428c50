"""The file of a TSIG key."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ndcops.adapters.dns_servers.key import TsigKey, parse_key, read_key
from ndcops.model.errors import InvalidInput, Refused

NAMES = st.from_regex(r"[a-z][a-z0-9.-]{0,20}", fullmatch=True)


@given(
    NAMES,
    st.sampled_from(["hmac-sha256", "hmac-sha512"]),
    st.from_regex(r"[A-Za-z0-9+/]{4,40}={0,2}", fullmatch=True),
)
def test_a_key_is_read_as_tsig_keygen_writes_it(name: str, algorithm: str, secret: str) -> None:
    text = f'key "{name}" {{\n\talgorithm {algorithm};\n\tsecret "{secret}";\n}};\n'
    assert parse_key(text) == TsigKey(name, algorithm, secret)
    assert "secret" not in repr(parse_key(text))


@given(st.text())
def test_any_other_text_holds_no_key_or_a_whole_one(text: str) -> None:
    found = parse_key(text)
    assert found is None or (found.name and found.algorithm and found.secret)


@pytest.mark.parametrize("text", ["", "key x { algorithm hmac-sha256; };", "secret y;"])
def test_half_a_key_is_none(text: str) -> None:
    assert parse_key(text) is None


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text('key "a" { algorithm hmac-sha256; secret "c2VjcmV0"; };')
    file.chmod(0o640)
    with pytest.raises(Refused, match="read by others"):
        read_key(file)
    file.chmod(0o600)
    assert read_key(file).name == "a"
    file.write_text("nothing")
    with pytest.raises(InvalidInput, match="no TSIG key"):
        read_key(file)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_key(tmp_path / "none")
