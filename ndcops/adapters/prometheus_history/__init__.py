"""The door to usage over time: a Prometheus HTTP API or a CSV file; called through wiring."""

from ndcops.adapters.prometheus_history.access import Access
from ndcops.adapters.prometheus_history.csv_file import CsvHistory
from ndcops.adapters.prometheus_history.queries import DEFAULT_QUERIES
from ndcops.adapters.prometheus_history.server import PrometheusHistory

__all__ = ["DEFAULT_QUERIES", "Access", "CsvHistory", "PrometheusHistory"]
