"""OpenSCAP on a host: how it is called, and its XCCDF results read."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from ndcops.model.errors import NdcopsError
from ndcops.model.scan import RuleVerdict, Verdict

_XCCDF = "{http://checklists.nist.gov/xccdf/1.2}"
_RULE_PREFIX = "xccdf_org.ssgproject.content_rule_"
_PROFILE_PREFIX = "xccdf_org.ssgproject.content_profile_"
_DONE = (0, 2)
"""oscap(8): 0 all passed, 2 at least one rule failed; anything else is no result."""

_VERDICTS: Mapping[str, Verdict] = {
    "pass": Verdict.PASS,
    "fixed": Verdict.PASS,
    "fail": Verdict.FAIL,
    "notapplicable": Verdict.NOT_APPLICABLE,
    "notchecked": Verdict.NOT_CHECKED,
    "informational": Verdict.NOT_CHECKED,
    "error": Verdict.ERROR,
    "unknown": Verdict.ERROR,
}


def command(content: str, profile: str, results: str) -> tuple[str, ...]:
    """Evaluate a profile (short name, such as `cis_level1_server`) of a data stream on the host itself."""
    return ("oscap", "xccdf", "eval", "--profile", _PROFILE_PREFIX + profile, "--results", results, content)


def is_done(exit_code: int) -> bool:
    """Whether the scan ran to its end, whatever it found."""
    return exit_code in _DONE


def read_results(text: bytes, host: str) -> tuple[RuleVerdict, ...]:
    """The verdicts of the selected rules, in the order of the content. Raises NdcopsError when there are none."""
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat >= 2.4 bounds entity expansion by itself
    except ET.ParseError as error:
        raise NdcopsError(f"{host}: the results of oscap are not XML: {error}") from error
    titles = {
        rule.get("id", ""): "".join(rule.find(f"{_XCCDF}title").itertext())  # type: ignore[union-attr]
        for rule in root.iter(f"{_XCCDF}Rule")
        if rule.find(f"{_XCCDF}title") is not None
    }
    verdicts = []
    for each in root.iter(f"{_XCCDF}rule-result"):
        said = each.findtext(f"{_XCCDF}result", "unknown")
        if said == "notselected":
            continue
        rule = each.get("idref", "")
        verdict = _VERDICTS.get(said, Verdict.ERROR)
        verdicts.append(
            RuleVerdict(rule=rule.removeprefix(_RULE_PREFIX), verdict=verdict, title=titles.get(rule, ""))
        )
    if not verdicts:
        raise NdcopsError(f"{host}: oscap judged no rule", resolution="check the profile's name and the content")
    return tuple(verdicts)
