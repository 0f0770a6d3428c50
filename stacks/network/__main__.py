"""The program of the network layer: the same for every site; run by ndcops, or by `pulumi up` in this folder."""

import sys
from pathlib import Path

import pulumi

# Pulumi runs this file by path: what it shares with the other layers lies beside it.
_ROOT = str(Path(__file__).resolve().parents[2])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from stacks.components.network import SiteNetwork, network_outputs  # noqa: E402
from stacks.components.registration import read_stack_input  # noqa: E402

given = read_stack_input()
SiteNetwork(given)
for name, value in network_outputs(given).items():
    pulumi.export(name, value)
