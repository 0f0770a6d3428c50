"""One change of the writing end in a process of its own, that may be killed: python -m tests.switch_process FILE.

FILE: JSON with the move, the end that is left, and the journal's path. Exit codes as of the command line.
"""

import json
import sys
from pathlib import Path

from ndcops.model.cutover import End
from ndcops.model.errors import NdcopsError
from ndcops.model.move import Move
from ndcops.onboarding.run.switching.execution import ended_with
from tests.switch_runs import SwitchRun


def main() -> int:
    given = json.loads(Path(sys.argv[1]).read_text())
    run = SwitchRun(Move.model_validate(given["move"]), End(given["leaving"]), Path(given["journal"]))
    try:
        if ended_with(run.journal.records()) not in ("done", "taken back"):
            run.run()
    except NdcopsError as error:
        print("\n".join([error.message, *error.details]), file=sys.stderr)
        return int(error.exit_code)
    finally:
        run.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
