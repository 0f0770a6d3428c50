"""General options stand before or after the verb, and mean the same."""

import pytest

from ndcops.cli.options import in_front


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("stack up", "stack up"),
        ("stack up --json", "--json stack up"),
        ("--json stack up", "--json stack up"),
        ("stack --yes up --layer network -y", "--yes -y stack up --layer network"),
        ("stack up --site ndc1 --site ndc2", "--site ndc1 --site ndc2 stack up"),
        ("stack up --site=ndc1 --dry-run", "--site=ndc1 --dry-run stack up"),
        ("stack up --target production --debug", "--target production --debug stack up"),
        ("inventory validate --inventory some/where", "--inventory some/where inventory validate"),
        ("inventory show -- --json", "inventory show -- --json"),
        ("stack up --site", "--site stack up"),
        ("lab up --nodes 3 --json", "--json lab up --nodes 3"),
        ("--help", "--help"),
        ("", ""),
    ],
)
def test_general_options_come_to_the_front(given: str, parsed: str) -> None:
    assert " ".join(in_front(given.split())) == parsed
