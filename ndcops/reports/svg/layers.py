"""The ten layers of protection as a stack of plates, the fence at the bottom; a cell for each control."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ndcops.model.document import Text
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.evidence_facts import ControlFacts, LayerFacts, Standing
from ndcops.reports.svg.element import figure, group, path, rectangle, shape, titled
from ndcops.reports.svg.lettering import lettering, width_px

CELL: Final = 13
_GAP: Final = 4
_GOOD = {Standing.HELD, Standing.WAIVED}


@dataclass(frozen=True)
class _Measures:
    """width: of the drawing; plate, depth, thickness: of a plate; step: the least from one plate to the next."""

    css: str
    width: float
    plate: float
    depth: float
    thickness: float
    step: float
    left: float
    size_px: float

    @property
    def cells_in_row(self) -> int:
        """How many cells stand side by side."""
        return int((self.width - self.left) // (CELL + _GAP))


_WIDE = _Measures("row", 1160, 330, 104, 13, 58, 420, 15)
_NARROW = _Measures("column", 400, 84, 34, 7, 58, 104, 13)


@dataclass(frozen=True)
class Stack:
    """The same stack for wide pages and for phones; a page shows one of the two."""

    row: Element
    column: Element


def layer_stack(layers: Sequence[LayerFacts], words: Catalogue, label_id: str) -> Stack:
    """Draws the layers, number 1 at the bottom; `label_id` is the element of the page that names the drawing."""
    row, column = (_stack(layers, words, measures, label_id) for measures in (_WIDE, _NARROW))
    return Stack(row, column)


def control_cell(standing: Standing, x: float = 0, y: float = 0) -> Element:
    """One control: colour and a sign of its own for each standing, so that no reader depends on the colour."""
    sign = {
        Standing.HELD: "M3.5 6.800L5.800 9.200L9.700 4",
        Standing.DRIFTED: "M3.800 3.800L9.200 9.200M9.200 3.800L3.800 9.200",
        Standing.CHANGED: "M6.500 3.200V7.400M6.500 9.400V9.900",
        Standing.WAIVED: "M3.800 6.500H9.200",
        Standing.UNSETTABLE: "M3.600 9.400L9.400 3.600",
    }.get(standing)
    cell = group(f"control {standing}", rectangle("box", 0.5, 0.5, CELL - 1, CELL - 1, 2.5), x=x, y=y)
    if sign:
        cell.append(path("sign", sign))
    return cell


def layer_tone(layer: LayerFacts) -> str:
    """The class of a layer by its controls: calm when none applies to a host."""
    standings = {each.standing for each in layer.controls} - {Standing.NONE}
    if not standings:
        return "calm"
    if Standing.DRIFTED in standings:
        return "bad"
    return "good" if standings <= _GOOD else "warn"


def _stack(layers: Sequence[LayerFacts], words: Catalogue, measures: _Measures, label_id: str) -> Element:
    top = measures.depth / 2 + 6
    drawn: list[Element] = []
    for layer in sorted(layers, key=lambda each: -each.number):
        drawn.append(_level(layer, words, measures, top))
        top += max(measures.step, 46 + _rows(layer, measures) * (CELL + _GAP))
    height = top - measures.step + measures.depth / 2 + measures.thickness + 10 if layers else 0
    stack = shape("svg", measures.css, viewBox=f"0 0 {figure(measures.width)} {figure(max(height, 1))}")
    stack.set("role", "img")
    stack.set("aria-labelledby", label_id)
    stack.extend(reversed(drawn))
    return stack


def _rows(layer: LayerFacts, measures: _Measures) -> int:
    return -(-len(layer.controls) // measures.cells_in_row)


def _level(layer: LayerFacts, words: Catalogue, measures: _Measures, y: float) -> Element:
    """One plate with its words: the plate's middle lies at `y`."""
    level = group(f"level-of {layer_tone(layer)}{'' if layer.controls else ' empty'}", y=y)
    level.append(_plate(layer.number, measures))
    edge = measures.plate + 6
    level.append(path("leader", f"M{figure(edge)} 0H{figure(measures.left - 12)}"))
    size = measures.size_px
    counts = _counts(layer, words, is_short=measures is _NARROW)
    taken = max(width_px(counts.vi, size - 2), width_px(counts.en, size - 2))
    room = measures.width - measures.left - taken - 12
    level.append(lettering(layer.title, measures.left, -6, css="name", size_px=size, limit_px=room))
    level.append(lettering(counts, measures.width - 2, -6, css="dim", size_px=size - 2, anchor="end"))
    level.append(path("base", f"M{figure(measures.left)} 0H{figure(measures.width - 2)}"))
    for place, control in enumerate(layer.controls):
        line, column = divmod(place, measures.cells_in_row)
        x, down = measures.left + column * (CELL + _GAP), 8 + line * (CELL + _GAP)
        level.append(titled(control_cell(control.standing, x, down), _cell_title(control)))
    return level


def _plate(number: int, measures: _Measures) -> Element:
    half, depth, thick = measures.plate / 2, measures.depth / 2, measures.thickness
    middle = half + 4
    left, right, front = figure(middle - half), figure(middle + half), f"{figure(middle)} {figure(depth)}"
    top = f"M{left} 0L{figure(middle)} {figure(-depth)}L{right} 0L{front}z"
    west, east = (
        f"M{corner} 0L{front}V{figure(depth + thick)}L{corner} {figure(thick)}z" for corner in (left, right)
    )
    size = measures.size_px + 1
    label = shape("text", "number", x=middle, y=depth * 0.62 + size * 0.1, text_anchor="middle", font_size=size)
    label.text = str(number)
    return group("plate", path("west", west), path("east", east), path("top", top), label)


def _counts(layer: LayerFacts, words: Catalogue, *, is_short: bool) -> Text:
    """Controls and pairs of control and host in force; a phone has room for the latter alone."""
    if not layer.controls:
        return Text(vi="—", en="—") if is_short else words.text("evidence.layer_none")
    if is_short:
        return words.text("tile.share", part=layer.held, whole=layer.wanted)
    return words.text("evidence.layer_count", count=len(layer.controls), held=layer.held, wanted=layer.wanted)


def _cell_title(control: ControlFacts) -> str:
    return f"{control.id}: {control.held}/{len(control.standings)}"
