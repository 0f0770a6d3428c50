"""One configured provider instance: settings, cluster, log and the stop signal; the servicer keeps exactly one."""

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from ndcops.provider.cluster_api import ClusterApi
from ndcops.provider.configure import default_namespace, open_access
from ndcops.provider.engine_log import EngineLog
from ndcops.provider.operation import Operation
from ndcops.provider.settings import Settings

if TYPE_CHECKING:
    from ndcops.provider.http_client import HttpClient


class Session:
    """Made by Configure. Connects to the cluster at the first call that needs it: a no-op `up` never does."""

    def __init__(self, settings: Settings, log: EngineLog, cancelled: threading.Event) -> None:
        self.settings = settings
        self.log = log
        self._cancelled = cancelled
        self.api = ClusterApi(self._connect, settings.cluster_identifier)
        self.default_namespace = lru_cache(maxsize=1)(lambda: default_namespace(settings))

    def operation(self, urn: str, timeout_s: float) -> Operation:
        """The context of one RPC. `timeout_s` is the resource's customTimeouts, 0 when it has none."""
        return Operation(
            urn=urn,
            api=self.api,
            settings=self.settings,
            cancelled=self._cancelled,
            report=lambda text: self.log.progress(urn, text),
            custom_timeout_s=timeout_s,
        )

    def _connect(self) -> "HttpClient":
        # Imported late: urllib3 and ssl are a fifth of the start-up time, and a no-op `up` needs neither.
        from ndcops.provider.http_client import HttpClient

        return HttpClient(open_access(self.settings), self._cancelled, self._warn)

    def _warn(self, text: str) -> None:
        if not self.settings.suppress_deprecation_warnings:
            self.log.warn("", text)
