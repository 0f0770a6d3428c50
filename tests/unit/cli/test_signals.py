import signal

import pytest

from ndcops.cli.signals import SIGNALS, stopping


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_only_tells_the_work_in_hand_and_is_put_back_after(number: signal.Signals) -> None:
    before, told = signal.getsignal(number), []
    with stopping(lambda: told.append(number)):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert told == [number, number]
    assert signal.getsignal(number) is before
