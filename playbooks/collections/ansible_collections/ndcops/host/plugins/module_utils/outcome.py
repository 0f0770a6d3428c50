"""What a module did or would do, and the frame that every module runs in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule

TEXT_LIMIT = 200


class Impossible(Exception):
    """The module cannot do what was asked; the text goes to the operator."""


class Outcome:
    """Changes made (or, in check mode, due), and what this machine cannot take on."""

    def __init__(self) -> None:
        self.items: list[dict[str, str | None]] = []
        self.unsettable: list[dict[str, str]] = []
        self.skipped: list[dict[str, str]] = []
        self.diff: list[dict[str, str]] = []

    def change(self, subject: str, before: str | None, after: str | None) -> None:
        """Note one change; None stands for absent."""
        self.items.append({"subject": subject, "before": short(before), "after": short(after)})

    def replace_text(self, path: str, before: str | None, after: str | None) -> None:
        """Note a change of a file's text, with the texts for --diff."""
        self.change(path, before, after)
        self.diff.append(
            {"before_header": path, "after_header": path, "before": before or "", "after": after or ""}
        )

    def cannot(self, subject: str, wanted: str, reason: str) -> None:
        """Note what is right on disk and cannot be true on this machine."""
        self.unsettable.append({"subject": subject, "wanted": wanted, "reason": reason})

    def skip(self, subject: str, reason: str) -> None:
        """Note what does not apply here."""
        self.skipped.append({"subject": subject, "reason": reason})

    def result(self, *, with_diff: bool) -> dict[str, object]:
        """Return the module's answer."""
        answer: dict[str, object] = {
            "changed": bool(self.items),
            "items": self.items,
            "unsettable": self.unsettable,
            "skipped_items": self.skipped,
        }
        if with_diff:
            answer["diff"] = self.diff
        return answer


def short(text: str | None) -> str | None:
    """Return a text of at most 200 characters, or its digest."""
    if text is None or len(text) <= TEXT_LIMIT:
        return text
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def run_module(argument_spec: dict[str, object], work: Callable[[AnsibleModule, Outcome], None]) -> None:
    """Run work inside an AnsibleModule; a failure still names the changes made before it."""
    module = AnsibleModule(argument_spec=argument_spec, supports_check_mode=True)
    outcome = Outcome()
    try:
        work(module, outcome)
    except Impossible as error:
        module.fail_json(msg=str(error), **outcome.result(with_diff=module._diff))
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        module.fail_json(msg=f"{place}{error.strerror}", **outcome.result(with_diff=module._diff))
    module.exit_json(**outcome.result(with_diff=module._diff))
