"""Demotion and promotion tokens as CloudNativePG makes and checks them (utils/parser.go, promotiontoken)."""

import base64
import json

from ndcops.lab.players.played import Moment
from ndcops.model.record import JsonObject


def token_of(kept: JsonObject, moment: Moment) -> str:
    """A demotion token with the fields of PgControldataTokenContent (pkg/utils/parser.go)."""
    content = {
        "latestCheckpointTimelineID": str(kept["timeline"]),
        "redoWalFile": f"{kept['timeline']:08X}{0:08X}{kept['lsn'] >> 24:08X}",
        "databaseSystemIdentifier": kept["system"],
        "latestCheckpointREDOLocation": f"0/{kept['lsn']:X}",
        "timeOfLatestCheckpoint": moment.text,
        "operatorVersion": "1.28.0 (simulated)",
    }
    return base64.b64encode(json.dumps(content).encode()).decode()


def token_problem(token: str, kept: JsonObject) -> tuple[bool, str]:
    """Whether a replica can never take the token, and why it cannot take it now; empty when it can.

    As promotiontoken.ValidateAgainstInstanceStatus: another system or a lower timeline or position never fits, a
    higher one is waited for.
    """
    try:
        content = json.loads(base64.b64decode(token, validate=True))
        timeline, redo = int(content["latestCheckpointTimelineID"]), content["latestCheckpointREDOLocation"]
        system, lsn = content["databaseSystemIdentifier"], int(redo.partition("/")[2], 16)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False, "while decoding the promotion token"
    if system != kept["system"]:
        return True, "mismatching system identifiers"
    if timeline != kept["timeline"]:
        return timeline < kept["timeline"], f"timeline {timeline} of the token, {kept['timeline']} here"
    if lsn < kept["lsn"]:
        return True, "promotion token LSN is older than the last replay LSN"
    if lsn > kept["lsn"]:
        return False, "waiting for promotion token LSN to be replayed"
    return False, ""
