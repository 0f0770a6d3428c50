"""Waits until an object is ready, reporting what it waits for; create, update and read call it."""

import time
from dataclasses import replace

from ndcops.model.errors import InvalidInput
from ndcops.provider.annotations import SKIP_AWAIT, WAIT_FOR, annotation, is_set
from ndcops.provider.await_ready.custom import judge_wait_for
from ndcops.provider.await_ready.kinds import JUDGES
from ndcops.provider.await_ready.pods import unready_pods
from ndcops.provider.await_ready.polling import delays_s
from ndcops.provider.await_ready.verdict import READY, Stage, Verdict
from ndcops.provider.errors import ApiError, Cancelled, Unreachable
from ndcops.provider.operation import Operation, Written
from ndcops.provider.wire import JsonObject


class LiveCluster:
    """What judges may read, from the API server."""

    def __init__(self, operation: Operation) -> None:
        self._api = operation.api

    def related(self, api_version: str, kind: str, namespace: str, label_selector: str) -> list[JsonObject]:
        """Objects of a kind by their labels."""
        return self._api.find_by_labels(self._api.discovery.find(api_version, kind), namespace, label_selector)

    def one(self, api_version: str, kind: str, namespace: str, name: str) -> JsonObject | None:
        """One object; None when there is none."""
        try:
            return self._api.get(self._api.discovery.find(api_version, kind), namespace, name)
        except ApiError as error:
            if error.status == 404:
                return None
            raise


def readiness(operation: Operation, live: JsonObject) -> Verdict:
    """One look. Objects marked skipAwait, and kinds that nobody waits for, are ready."""
    if is_set(live, SKIP_AWAIT):
        return READY
    wait_for = annotation(live, WAIT_FOR)
    if wait_for:
        return judge_wait_for(live, wait_for)
    group = str(live.get("apiVersion")).rpartition("/")[0]
    judge = JUDGES.get((group, str(live.get("kind"))))
    return judge(live, LiveCluster(operation)) if judge else READY


def await_ready(operation: Operation, written: Written) -> Written:
    """Wait until the object is ready; the object as it is then.

    Raises InitialisationFailed when it failed, when time is up, when the cluster stopped answering, and
    when the engine asked to stop: the object exists, so the engine must record it.
    """
    name = f"{written.live.get('kind')} {written.object_id}"
    verdict = READY
    try:
        verdict = readiness(operation, written.live)
        if verdict.ready:
            return written
        kind = operation.api.find(written.live)
        metadata = written.live["metadata"]
        deadline = time.monotonic() + operation.timeout_s(written.inputs)
        for delay_s in delays_s():
            if verdict.stage is Stage.FAILED:
                raise written.failed(f"{name} failed", list(verdict.reasons))
            if time.monotonic() > deadline:
                break
            operation.report(f"waiting: {'; '.join(verdict.reasons)}")
            operation.pause(delay_s)
            live = operation.api.get(kind, metadata.get("namespace", ""), metadata["name"])
            written = replace(written, live=live)
            verdict = readiness(operation, live)
            if verdict.ready:
                return written
        reasons = [*verdict.reasons, *unready_pods(written.live, LiveCluster(operation))]
        raise written.failed(f"{name} was not ready in time", list(dict.fromkeys(reasons)))
    except (ApiError, InvalidInput, Unreachable) as error:
        raise written.failed(
            f"{name} exists, but whether it is ready cannot be told", [error.message, *error.details]
        ) from error
    except Cancelled:
        raise written.failed(f"{name} exists; waiting for it was stopped", list(verdict.reasons)) from None
