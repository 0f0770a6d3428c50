"""What the verbs of `ndcops ledger` share: opening it, reading the register, mending copies."""

from dataclasses import dataclass
from pathlib import Path

from ndcops.cli import render
from ndcops.cli.agreement import agreed
from ndcops.cli.options import Options
from ndcops.model.errors import ExitCode, InvalidInput
from ndcops.model.register import Register
from ndcops.onboarding.plan.ledger.mending import plan_mending
from ndcops.onboarding.plan.ledger.verification import LedgerVerification
from ndcops.onboarding.plan.register import fold_register
from ndcops.onboarding.run import Ledger
from ndcops.wiring import ledger as wired


@dataclass(frozen=True)
class SignedRegister:
    """A copy's register and the signed head that vouches for it."""

    place: str
    checkpoint: str | None
    register: Register


def open_ledger(options: Options) -> Ledger:
    """The target's ledger."""
    return wired.ledger(options.target, options.inventory)


def read_register(book: Ledger, at: str | None) -> SignedRegister:
    """The register of a copy, its chain and head checked. Raises Refused when they do not hold."""
    copy = book.copy(at)
    register = fold_register(book.records_of(copy))
    return SignedRegister(copy.name, copy.checkpoint(), register)


def read_head(path: Path) -> str:
    """A signed head from a file. Raises InvalidInput."""
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", resolution="give a signed head") from error


def mend_copies(book: Ledger, found: LedgerVerification, options: Options) -> int:
    """Plan, show, confirm, mend, and verify anew."""
    plan = plan_mending(found)
    if not plan.mendings:
        render.show_mend_plan(plan, options.json)
        return ExitCode.DONE if not plan.left else ExitCode.DIFFERENCES
    if not agreed(
        options, f"the ledger of {options.target}", lambda as_json: render.show_mend_plan(plan, as_json)
    ):
        return ExitCode.DONE if not plan.left else ExitCode.DIFFERENCES
    book.mend(plan)
    after = book.verify()
    render.show_ledger_verification(after, options.json)
    return ExitCode.DONE if after.is_whole else ExitCode.DIFFERENCES
