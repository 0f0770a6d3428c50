"""The status of the sites as a table."""

from rich.markup import escape

from ndcops.cli.render.console import out, show_json, show_table
from ndcops.model.site_status import SiteReport, StatusReport


def show_status(report: StatusReport, as_json: bool) -> None:
    """Sites: version, nodes, services, objects by layer; what is simulated is said."""
    if as_json:
        show_json(report.model_dump(mode="json"))
        return
    show_table(
        f"{report.target} at {report.taken_at}",
        ["site", "cluster", "nodes ready", "services", "network", "storage", "compute"],
        [_row(site) for site in report.sites],
    )
    for site in report.sites:
        if site.problem:
            out.print(escape(f"{site.site}: {site.problem}"), style="red")
    if report.simulated:
        out.print(f"simulated: {'; '.join(report.simulated)}", style="dim")


def _row(site: SiteReport) -> tuple[object, ...]:
    objects = [("not applied" if count is None else count) for count in site.objects.values()]
    condition = site.condition
    if condition is None:
        return (site.site, "does not answer", "unknown", "unknown", *objects)
    ready, nodes = sum(p.ready for p in condition.pools), sum(p.nodes for p in condition.pools)
    active = [s for s in condition.services if s.replicas]
    up = sum(s.ready >= s.replicas for s in active)
    standby = len(condition.services) - len(active)
    return (
        site.site,
        condition.version,
        f"{ready}/{nodes}",
        f"{up}/{len(active)} up, {standby} standby",
        *objects,
    )
