"""`ndcops inventory`: check it, show it, give editors its schema."""

from pathlib import Path
from typing import Annotated

import typer

from ndcops.cli.options import options_of
from ndcops.model.errors import ExitCode

app = typer.Typer(help="What is declared: sites, services, hosts.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def validate(context: typer.Context) -> int:
    """Check every file and the whole against itself. Exit 2 with file, line and field of each problem."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_of(context)
    folder = wiring.inventory_folder(options.inventory)
    found = wiring.read_inventory(folder)
    counts = {
        "sites": len(found.sites),
        "services": len(found.services),
        "hosts": len(found.hosts),
        "dossiers": len(found.dossiers),
    }
    if options.json:
        render.show_json({"folder": str(folder), "valid": True, **counts})
    else:
        render.show_table(f"{folder}: valid", list(counts), [list(counts.values())])
    return ExitCode.DONE


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A site or service; all in short without it.")] = None,
) -> int:
    """Show sites and services, or one of them whole."""
    from ndcops import wiring
    from ndcops.cli import render
    from ndcops.model.errors import InvalidInput

    options = options_of(context)
    found = wiring.read_inventory(options.inventory)
    if name is not None:
        one = found.site(name) or found.service(name)
        if one is None:
            raise InvalidInput(f"no site or service is called '{name}'", resolution="ndcops inventory show")
        render.show_json(one.model_dump(mode="json", by_alias=True))
        return ExitCode.DONE
    if options.json:
        render.show_json(found.model_dump(mode="json", by_alias=True))
        return ExitCode.DONE
    render.show_table(
        "sites",
        ["site", "place", "status", "IT load MW", "nodes", "tiers", "zones"],
        [
            (
                site.name,
                f"{site.location.place}, {site.location.province}",
                site.status,
                site.power.it_load_mw,
                sum(pool.nodes for pool in site.pools),
                ", ".join(tier.name for tier in site.tiers),
                len(site.network.zones),
            )
            for site in found.sites
        ],
    )
    render.show_table(
        "services",
        ["service", "grade", "home", "standby", "RPO s", "RTO s", "depends on"],
        [(s.id, s.grade, s.home, s.standby, s.rpo_s, s.rto_s, ", ".join(s.depends_on)) for s in found.services],
    )
    return ExitCode.DONE


@app.command()
def schema(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Option(help="Write KIND.schema.json files here instead of printing.")
    ] = None,
) -> int:
    """JSON Schema of every file kind, for editors."""
    import json

    from ndcops import wiring
    from ndcops.cli import render

    del context
    schemas = wiring.inventory_schemas()
    if folder is None:
        render.show_json(schemas)
        return ExitCode.DONE
    folder.mkdir(parents=True, exist_ok=True)
    for kind, document in schemas.items():
        path = folder / f"{kind.lower()}.schema.json"
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        render.say(f"wrote {path}")
    return ExitCode.DONE
