"""What is wrong with a file that is to be YAML, and where; `yaml_files` raises it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place of a file: `line` from 1, `column` from 1 or 0 when the line says enough."""

    line: int
    message: str
    column: int = 0


class Unreadable(Exception):
    """The file is no YAML document that may be read; `faults` say where and why."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults
