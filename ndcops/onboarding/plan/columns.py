"""Which live columns the fields of a data set mean; pure. A field is named `column` or `table.column`."""

from ndcops.model.dossier import DataField, Dataset
from ndcops.model.probe import ProbedDatabase, ProbedTable

Column = tuple[str, str]
"""Full name of the table, name of the column."""


def tables_of(dataset: Dataset, probed: ProbedDatabase) -> tuple[ProbedTable, ...]:
    """The live tables of a data set; all when it names none."""
    if not dataset.tables:
        return probed.tables
    return tuple(table for name in dataset.tables if (table := probed.table(name)) is not None)


def fields_by_column(dataset: Dataset, probed: ProbedDatabase) -> dict[Column, DataField | None]:
    """Every live column of the data set, with the field that speaks of it."""
    named = {field.name: field for field in dataset.fields}
    return {
        (table.full_name, column.name): next(
            (named[name] for name in names_of(table, column.name) if name in named), None
        )
        for table in tables_of(dataset, probed)
        for column in table.columns
    }


def names_of(table: ProbedTable, column: str) -> tuple[str, str, str]:
    """The names that a field may have for a column."""
    return column, f"{table.name}.{column}", f"{table.full_name}.{column}"


def unknown_fields(dataset: Dataset, probed: ProbedDatabase) -> tuple[str, ...]:
    """Fields that no live column has the name of."""
    known = {
        name
        for table in tables_of(dataset, probed)
        for column in table.columns
        for name in names_of(table, column.name)
    }
    return tuple(field.name for field in dataset.fields if field.name not in known)
