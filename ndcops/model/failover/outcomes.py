"""How a write to an outside system can end other than well; steps tell these three apart."""

from ndcops.model.errors import NdcopsError, Refused


class Unreachable(NdcopsError):
    """No answer came. A read learned nothing; a write may or may not have taken effect: read before trying again."""


class Changed(NdcopsError):
    """The write's precondition no longer held (resourceVersion, expected leader, old RRset); nothing was written."""


class Overtaken(Refused):
    """A newer epoch has claimed the lock or the object: this operator must not write again, ever."""
