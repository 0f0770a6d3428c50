"""When each site's resources are used up, as a range of days, from usage history and planned waves."""

from ndcops.capacity.plan.forecast.accuracy import Accuracy
from ndcops.capacity.plan.forecast.exhaustion import Forecast, Outlook, forecast
from ndcops.capacity.plan.forecast.history import History, HistoryFinding, Samples, SeriesId, Trouble, clean
from ndcops.capacity.plan.forecast.waves import Wave

__all__ = [
    "Accuracy",
    "Forecast",
    "History",
    "HistoryFinding",
    "Outlook",
    "Samples",
    "SeriesId",
    "Trouble",
    "Wave",
    "clean",
    "forecast",
]
