#!/usr/bin/python
"""Ages of the passwords that exist, login shells of system accounts, modes of homes; nobody is locked out."""

from __future__ import annotations

import contextlib
import os
import stat
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.ndcops.host.plugins.module_utils import placing
from ansible_collections.ndcops.host.plugins.module_utils.account_files import AccountFile, locked
from ansible_collections.ndcops.host.plugins.module_utils.outcome import Impossible, Outcome, run_module

DOCUMENTATION = r"""
module: accounts
short_description: Existing accounts
description:
  - Sets the ages of passwords of root and of people (UID_MIN to UID_MAX of login.defs) that have one.
  - An account whose password would be expired at once is left alone and reported, since it could not log in.
  - System accounts get no login shell; homes of people lose the bits that O(homes_mode) lacks.
options:
  password_max_days: {type: int, description: Days until a password has to be changed.}
  password_min_days: {type: int, description: Days before it may be changed again.}
  password_warn_days: {type: int, description: Days of warning.}
  inactive_days: {type: int, description: Days after which an expired password closes the account.}
  protected: {type: list, elements: str, default: [], description: Accounts that are never touched.}
  homes_mode: {type: str, description: Octal mode in quotes.}
author: [ndcops]
"""

EXAMPLES = r"""
- name: account-ages | Existing accounts follow the same ages
  ndcops.host.accounts:
    password_max_days: 365
    protected: [postgres]
"""

RETURN = r"""
items: {type: list, returned: always, description: "What changed: subject, before, after."}
unsettable: {type: list, returned: always, description: Accounts that the new ages would lock out.}
"""

ARGUMENTS = {
    "password_max_days": {"type": "int", "no_log": False},
    "password_min_days": {"type": "int", "no_log": False},
    "password_warn_days": {"type": "int", "no_log": False},
    "inactive_days": {"type": "int"},
    "protected": {"type": "list", "elements": "str", "default": []},
    "homes_mode": {"type": "str"},
}
# Fields of shadow(5).
LAST_CHANGE, MIN, MAX, WARN, INACTIVE = 2, 3, 4, 5, 6
AGES = {
    "password_min_days": MIN,
    "password_max_days": MAX,
    "password_warn_days": WARN,
    "inactive_days": INACTIVE,
}
NO_LOGIN = "/usr/sbin/nologin"
CLOSED_SHELLS = {NO_LOGIN, "/sbin/nologin", "/bin/false", "/usr/bin/false", "/bin/sync"}
DAY_S = 86400


def people_range(root: str) -> range:
    """Return the user numbers of people, from login.defs or Debian's own 1000 to 60000."""
    limits = {"UID_MIN": 1000, "UID_MAX": 60000}
    text = placing.standing(os.path.join(root, "etc/login.defs")).text or ""
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2 and words[0] in limits and words[1].isdigit():
            limits[words[0]] = int(words[1])
    return range(limits["UID_MIN"], limits["UID_MAX"] + 1)


def has_password(field: str) -> bool:
    """Tell whether a password opens the account; ages of a closed one would only end key logins."""
    return bool(field) and field[0] not in "!*"


def age_passwords(rows: list[list[str]], params: dict, today: int, outcome: Outcome) -> None:
    """Set the wanted ages in rows of shadow(5)."""
    wanted = {field: str(params[name]) for name, field in AGES.items() if params[name] is not None}
    for row in rows:
        due = {field: value for field, value in wanted.items() if row[field] != value}
        if not due or not has_password(row[1]):
            continue
        if wanted.get(MAX) and row[LAST_CHANGE].isdigit() and int(row[LAST_CHANGE]) + int(wanted[MAX]) < today:
            age_days = today - int(row[LAST_CHANGE])
            outcome.cannot(
                row[0], f"at most {wanted[MAX]} days", f"its password is {age_days} days old: change it first"
            )
            continue
        before = ages(row)
        for field, value in due.items():
            row[field] = value
        outcome.change(f"account {row[0]}", before, ages(row))


def ages(row: list[str]) -> str:
    """Return the ages of a row of shadow(5) in words."""
    return (
        f"min {row[MIN] or '-'}, max {row[MAX] or '-'}, warn {row[WARN] or '-'}, inactive {row[INACTIVE] or '-'}"
    )


def close_shells(rows: list[list[str]], outcome: Outcome) -> None:
    """Take the login shell from rows of passwd(5)."""
    for row in rows:
        if row[6] not in CLOSED_SHELLS:
            outcome.change(f"shell of {row[0]}", row[6] or "/bin/sh", NO_LOGIN)
            row[6] = NO_LOGIN


def close_homes(rows: list[list[str]], mode: int, root: str, outcome: Outcome, *, check: bool) -> None:
    """Take bits from the homes of people; only a folder that its own account owns is a home."""
    for row in rows:
        path = os.path.join(root, row[5].lstrip("/"))
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            outcome.skip(row[5], f"the home of {row[0]} is not there")
            continue
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != int(row[2]):
            outcome.skip(row[5], f"is not a folder of {row[0]}")
            continue
        now = stat.S_IMODE(status.st_mode)
        if now & ~mode:
            outcome.change(f"{row[5]} mode", f"{now:04o}", f"{now & mode:04o}")
            if not check:
                os.chmod(path, now & mode)


def work(params: dict, outcome: Outcome, *, check: bool, root: str = "/") -> None:
    """Work on copies of both files and put them in place when they changed."""
    for name in AGES:
        if params[name] is not None and params[name] < 0:
            raise Impossible(f"{name} is negative")
    people, protected = people_range(root), set(params["protected"])
    with contextlib.nullcontext() if check else locked(root):
        passwd, shadow = AccountFile(root, "passwd"), AccountFile(root, "shadow")
        accounts = [row for row in passwd.rows() if row[2].isdigit() and row[0] not in protected]
        persons = [row for row in accounts if int(row[2]) in people]
        aged = {row[0] for row in persons} | {row[0] for row in accounts if row[2] == "0"}
        today = int(time.time() // DAY_S)
        age_passwords([row for row in shadow.rows() if row[0] in aged], params, today, outcome)
        close_shells([row for row in accounts if 0 < int(row[2]) < people.start], outcome)
        if not check:
            shadow.write()
            passwd.write()
    if params["homes_mode"] is not None:
        close_homes(persons, placing.parse_mode(params["homes_mode"]), root, outcome, check=check)


def in_ansible(module: AnsibleModule, outcome: Outcome) -> None:
    """Take the module's parameters."""
    work(module.params, outcome, check=module.check_mode)


def main() -> None:
    """Run the module."""
    run_module(ARGUMENTS, in_ansible)


if __name__ == "__main__":
    main()
