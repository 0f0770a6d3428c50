"""How a write to an outside system can end other than well; steps tell these three apart."""

from ndcops.model.errors import NdcopsError, Refused


class Unreachable(NdcopsError):
    """No answer came. A read learned nothing; a write may have taken effect or not: read before trying again."""


class Changed(NdcopsError):
    """The write's precondition (resourceVersion, expected leader, old RRset) did not hold; nothing was written."""


class Overtaken(Refused):
    """A newer epoch has claimed the lock or the object: this operator must not write again, ever."""
