"""The program of landing zones: the same for every site and agency; run by ndcops, or `pulumi up` here."""

import sys
from pathlib import Path

import pulumi

# Pulumi runs this file by path: what it shares with the other layers lies beside it.
_ROOT = str(Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from stacks.components.agency import AgencyZone, agency_outputs  # noqa: E402
from stacks.components.registration import read_stack_input  # noqa: E402

given = read_stack_input()
AgencyZone(given)
for name, value in agency_outputs(given).items():
    pulumi.export(name, value)
