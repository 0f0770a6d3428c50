"""The simulated ports called from an ordinary test: each call is an operator's, and simulated time passes."""

from collections.abc import Callable
from typing import Any

from tests.simulation.country import Country
from tests.simulation.kernel import Operator

PATIENCE_S = 10.0


class DirectCalls:
    """A port of the simulation whose every method runs to its end before it returns."""

    def __init__(self, country: Country, operator: Operator, port: Any) -> None:
        self._country = country
        self._operator = operator
        self._port = port

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._port, name)

        def call(*positional: Any, **named: Any) -> Any:
            found: list[Any] = []
            failed: list[Exception] = []

            def work() -> str:
                try:
                    found.append(method(*positional, **named))
                except Exception as error:
                    failed.append(error)
                return ""

            kernel, operator = self._country.kernel, self._operator
            kernel.operators.clear()
            operator.finished = False
            kernel.start(operator, work)
            kernel.run(kernel.now + PATIENCE_S, lambda: operator.finished)
            assert operator.finished
            if failed:
                raise failed[0]
            return found[0]

        return call
