"""Cells of the capacity tables: bars, sparklines, verdicts and figures with their units."""

from collections.abc import Sequence

from rich.bar import Bar
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from ndcops.cli.render.console import out
from ndcops.reports.figures import percent

_BLOCKS = "▁▂▃▄▅▆▇█"
_BAR_WIDTH = 12
_FULL, _NEARLY = 0.95, 0.8


def colour(share: float) -> str:
    """Green, yellow from 80% on, red from 95% on."""
    return "red" if share >= _FULL else "yellow" if share >= _NEARLY else "green"


def share_bar(share: float) -> RenderableType:
    """A bar with the share beside it."""
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_row(
        Bar(1.0, 0.0, min(max(share, 0.0), 1.0), width=_BAR_WIDTH, color=colour(share)),
        Text(percent(share).en, style=colour(share)),
    )
    return row


def verdict(holds: bool, yes: str = "fits", no: str = "does not fit") -> Text:
    """A word and a colour for an answer."""
    return Text(yes, style="green") if holds else Text(no, style="bold red")


def sparkline(values: Sequence[float], top: float, width: int = 24) -> str:
    """Values as block characters between zero and `top`, so many days to a character that `width` hold them."""
    if not values or top <= 0:
        return ""
    step = max(-(-len(values) // width), 1)
    means = [sum(part) / len(part) for part in (values[at : at + step] for at in range(0, len(values), step))]
    return "".join(_BLOCKS[min(max(int(mean / top * len(_BLOCKS)), 0), len(_BLOCKS) - 1)] for mean in means)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[RenderableType | None]]) -> None:
    """A table whose cells are renderables; text is shown as it is. A column named `>x` stands right."""
    drawn = Table(title=escape(title), title_justify="left", header_style="bold", expand=False)
    for column in columns:
        right = column.startswith(">")
        drawn.add_column(column.removeprefix(">"), justify="right" if right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*("" if cell is None else Text(cell) if isinstance(cell, str) else cell for cell in row))
    out.print(drawn)
