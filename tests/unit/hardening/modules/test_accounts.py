"""The module `accounts`: ages, shells and homes, in a folder with an /etc of its own."""

import os
import time
from pathlib import Path
from typing import Any

from tests.unit.hardening.modules.harness import load, tree

TODAY = int(time.time() // 86400)
ALL = {
    "password_max_days": 365,
    "password_min_days": 1,
    "password_warn_days": 7,
    "inactive_days": 30,
    "protected": ["service"],
    "homes_mode": "0750",
}


def lay(root: Path, *, age_days: int = 10) -> None:
    etc = root / "etc"
    etc.mkdir(exist_ok=True)
    me = os.geteuid() or 1000
    (etc / "login.defs").write_text(f"UID_MIN {min(me, 1000)}\n")
    (etc / "passwd").write_text(
        "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2::/bin:/bin/sh\nsync:x:4:65534::/bin:/bin/sync\n"
        f"service:x:5:5::/var:/bin/bash\nlan:x:{me}:100::/home/lan:/bin/bash\n"
    )
    (etc / "shadow").write_text(
        f"root:*:{TODAY}:0:99999:7:::\nbin:*:{TODAY}:0:99999:7:::\nservice:$y$x:1:0:99999:7:::\n"
        f"lan:$y$x:{TODAY - age_days}:0:99999:7:::\n"
    )
    home = root / "home/lan"
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o755)
    if os.geteuid() == 0:
        os.chown(home, me, -1)


def work(root: Path, *, check: bool = False) -> Any:
    outcome = load("outcome", "module_utils").Outcome()
    load("accounts").work(ALL, outcome, check=check, root=str(root))
    return outcome


def test_people_age_and_system_accounts_lose_their_shells(tmp_path: Path) -> None:
    lay(tmp_path)
    before = tree(tmp_path)
    predicted = work(tmp_path, check=True)
    assert tree(tmp_path) == before
    made = work(tmp_path)
    assert predicted.items == made.items
    assert [item["subject"] for item in made.items] == ["account lan", "shell of bin", "/home/lan mode"]
    assert f"lan:$y$x:{TODAY - 10}:1:365:7:30::\n" in (tmp_path / "etc/shadow").read_text()
    assert "root:*:" in (tmp_path / "etc/shadow").read_text()
    assert "service:x:5:5::/var:/bin/bash\n" in (tmp_path / "etc/passwd").read_text()
    assert not work(tmp_path).items


def test_nobody_is_locked_out_by_an_old_password(tmp_path: Path) -> None:
    lay(tmp_path, age_days=400)
    outcome = work(tmp_path)
    assert "account lan" not in [item["subject"] for item in outcome.items]
    assert [entry["subject"] for entry in outcome.unsettable] == ["lan"]
    assert "400 days old" in outcome.unsettable[0]["reason"]
    assert ":99999:7:::" in (tmp_path / "etc/shadow").read_text().splitlines()[-1]
