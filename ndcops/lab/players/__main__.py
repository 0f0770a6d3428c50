"""A site's player as a process: `python -m ndcops.lab.players SETTINGS`; it runs until it is ended."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ndcops.lab.cluster_api import HttpsClient
from ndcops.lab.pki import KeyPair
from ndcops.lab.players.settings import ApiAccess, PlayerSettings
from ndcops.lab.players.site_player import LOG, SitePlayer
from ndcops.model.errors import NdcopsError
from ndcops.model.record import JsonObject

OWN_TIMEOUT_S = 10.0
PEER_TIMEOUT_S = 1.0
"""A peer that is cut off must not hold up what its own site asks for."""
FORGET_S = 5.0
"""A peer that did not answer is not asked again for so long."""


class TimedApi:
    """A site's API with a time limit; after silence it counts as silent for a while."""

    def __init__(self, access: ApiAccess, timeout_s: float, forget_s: float) -> None:
        self._client = HttpsClient(
            access.host, access.port, access.authority, KeyPair(access.certificate, access.key)
        )
        self._site = access.site
        self._timeout_s = timeout_s
        self._forget_s = forget_s
        self._silent_until = 0.0

    def get(self, path: str) -> JsonObject:
        """GET. Raises NdcopsError."""
        return self._request("GET", path)

    def merge(self, path: str, changes: JsonObject) -> JsonObject:
        """PATCH. Raises NdcopsError."""
        return self._request("PATCH", path, json.dumps(changes).encode())

    def _request(self, method: str, path: str, body: bytes | None = None) -> JsonObject:
        if time.monotonic() < self._silent_until:
            raise NdcopsError(f"{self._site} did not answer just now")
        content_type = "application/merge-patch+json"
        try:
            return self._client.request(method, path, body, content_type=content_type, timeout_s=self._timeout_s)
        except NdcopsError:
            if method == "GET":
                self._silent_until = time.monotonic() + self._forget_s
            raise


def main() -> None:
    """Play until ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    settings = PlayerSettings.model_validate_json(Path(sys.argv[1]).read_bytes())
    player = SitePlayer(
        settings.site,
        TimedApi(settings.own, OWN_TIMEOUT_S, 0.0),
        {api.site: TimedApi(api, PEER_TIMEOUT_S, FORGET_S) for api in settings.apis if api.site != settings.site},
        lambda: datetime.now(UTC),
        time.monotonic,
    )
    LOG.info("playing storage replication, CloudNativePG and gateways of %s: simulated", settings.site)
    while True:
        try:
            player.look()
        except Exception:  # a player that dies leaves everybody waiting: what it met is told, and it goes on
            LOG.exception("a look failed")
        time.sleep(settings.look_s)


if __name__ == "__main__":
    main()
