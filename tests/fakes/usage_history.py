"""The port UsageHistorySource in memory: the samples that a source would give."""

from dataclasses import dataclass
from datetime import datetime

from ndcops.model.usage_history import SeriesKey, UsageHistory, UsageSeries


@dataclass
class FakeUsageHistory:
    """Samples (Unix seconds, value) by series."""

    samples: dict[SeriesKey, list[tuple[int, float]]]

    def read(self, begin: datetime, end: datetime) -> UsageHistory:
        series = []
        for key in sorted(self.samples):
            found = UsageSeries.empty(key)
            for stamp, value in self.samples[key]:
                if begin.timestamp() <= stamp <= end.timestamp():
                    found.add(stamp, value)
            if found.values:
                series.append(found)
        return UsageHistory(tuple(series))
