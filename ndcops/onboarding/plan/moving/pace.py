"""When a seed waits for its source; pure."""

from ndcops.model.seed import LoadLimits, SourceLoad


def waits_for(load: SourceLoad, limits: LoadLimits) -> str:
    """What the seed waits for; empty when it may go on."""
    if limits.active_sessions is not None and load.active_sessions > limits.active_sessions:
        return f"the source has {load.active_sessions} busy sessions, at most {limits.active_sessions} are allowed"
    if limits.standby_lag_bytes is not None and load.standby_lag_bytes > limits.standby_lag_bytes:
        return (
            f"a standby of the source is {load.standby_lag_bytes >> 20} MiB behind,"
            f" at most {limits.standby_lag_bytes >> 20} MiB are allowed"
        )
    return ""
