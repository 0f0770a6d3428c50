"""Names and sentences of capacity in both languages: resources, reasons, shortfalls, outlooks."""

from ndcops.capacity.plan.buy import Binding
from ndcops.capacity.plan.forecast import Forecast, HistoryFinding, Outlook
from ndcops.capacity.plan.shortfall import Shortfall
from ndcops.model.document import Text
from ndcops.reports.catalogue import Catalogue
from ndcops.reports.figures import amount, day, percent

_INSUFFICIENT = "Insufficient "
_TOO_MANY_PODS = "Too many pods"
_TIER_PREFIXES = ("storage/", "storage ")


def resource_name(words: Catalogue, resource: str) -> Text:
    """A resource as people call it; one without words keeps its name."""
    for prefix in _TIER_PREFIXES:
        if resource.startswith(prefix) and len(resource) > len(prefix):
            return words.text("capacity.resource_tier", tier=resource.removeprefix(prefix))
    return words.named("resource", resource)


def reason_text(words: Catalogue, reason: str) -> Text:
    """Why no node takes a pod; what has no words of its own stays in the scheduler's."""
    if reason == _TOO_MANY_PODS:
        return words.text("capacity.reason_pods")
    if reason.startswith(_INSUFFICIENT):
        resource = resource_name(words, reason.removeprefix(_INSUFFICIENT))
        return words.text("capacity.reason_insufficient", resource=resource)
    return Text(vi=reason, en=reason) if reason else words.text("capacity.reason_unknown")


def shortfall_text(words: Catalogue, shortfall: Shortfall) -> Text:
    """What lacks at a site, for how many pods, and how much of it when that is known."""
    reason = reason_text(words, shortfall.reason)
    text = words.counted("capacity.shortfall", shortfall.pods, site=shortfall.site.upper(), reason=reason)
    if shortfall.amount is None:
        return text
    missing = amount(shortfall.amount, shortfall.reason.removeprefix(_INSUFFICIENT))
    return words.text("capacity.shortfall_amount", shortfall=text, amount=missing)


def outlook_text(words: Catalogue, forecast: Forecast) -> Text:
    """What a forecast says, with its range of days; "until" names the end of its horizon."""
    if forecast.outlook is Outlook.UNKNOWN:
        reason = words.named("trouble", forecast.reason) if forecast.reason else words.text("capacity.no_reason")
        return words.text("outlook.unknown.text", reason=reason)
    dates = {
        name: day(value)
        for name, value in (
            ("earliest", forecast.earliest),
            ("expected", forecast.expected),
            ("latest", forecast.latest),
            ("until", forecast.days[-1] if forecast.days else None),
        )
        if value is not None
    }
    open_end = forecast.outlook is Outlook.EXHAUSTS and forecast.latest is None
    return words.text(f"outlook.{forecast.outlook}.{'open' if open_end else 'text'}", **dates)


def finding_text(words: Catalogue, finding: HistoryFinding) -> Text:
    """What was found in a history, how often, and when."""
    found = words.text(
        "capacity.finding",
        trouble=words.named("trouble", finding.trouble),
        count=finding.count,
        first=day(finding.first),
        last=day(finding.last),
    )
    return (
        Text(vi=f"{found.vi} ({finding.detail})", en=f"{found.en} ({finding.detail})") if finding.detail else found
    )


def binding_text(words: Catalogue, binding: Binding) -> Text:
    """What decides a purchase: the fullest resource of a pool, or a limit that is used up."""
    where = " / ".join(part for part in (binding.site.upper(), binding.pool) if part)
    text = words.text(
        "capacity.binding" if where else "capacity.binding_country",
        where=where,
        resource=resource_name(words, binding.resource),
        quarter=binding.quarter,
        share=percent(binding.share),
    )
    if not binding.lost:
        return text
    is_site = " " not in binding.lost  # else "one node" or "one unit"
    lost = binding.lost.upper() if is_site else words.text(f"capacity.lost.{binding.lost.replace(' ', '_')}")
    return words.text("capacity.binding_lost", binding=text, lost=lost)
