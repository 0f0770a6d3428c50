"""`ndcops toolchain`: build the engines, tell their state, carry them to a machine without network."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ndcops.cli.options import options_of, options_to_act
from ndcops.model.errors import ExitCode

if TYPE_CHECKING:
    from ndcops.cli.render import WorkProgress
    from ndcops.wiring import OnBuild

app = typer.Typer(
    help="The engines: Pulumi and Kubernetes, built from pinned source.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def build(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="pulumi, kube or crds; all without it.")] = None,
) -> int:
    """Make the engines ready in the cache folder."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        ready = wiring.toolchain_build(names or [], into(bars))
    if options.json:
        render.show_json({name: str(path) for name, path in ready.items()})
    else:
        render.show_table("ready", ["engine", "folder"], list(ready.items()))
    return ExitCode.DONE


@app.command()
def status(context: typer.Context) -> int:
    """Tell which engines are ready."""
    from dataclasses import asdict

    from ndcops import wiring
    from ndcops.cli import render

    found = wiring.toolchain_status()
    if options_of(context).json:
        rows = [{**asdict(each), "path": str(each.path) if each.path else None} for each in found]
        render.show_json({"engines": rows})
    else:
        render.show_table(
            "engines",
            ["engine", "version", "state", "MiB", "folder"],
            [(e.name, e.version, e.state, e.size_bytes >> 20, e.path or "") for e in found],
        )
    return ExitCode.DONE


@app.command("export")
def export(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The bundle to write (.tar.gz).")],
    wheels: Annotated[Path | None, typer.Option(help="A folder of wheels to carry along.")] = None,
) -> int:
    """Pack engines and wheels into one checked bundle; hand its SHA-256 over by another way."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        packed = wiring.toolchain_export(path, wheels, into(bars))
    if options.json:
        render.show_json({"path": str(packed.path), "sha256": packed.sha256, "size_bytes": packed.size_bytes})
    else:
        render.show_table(
            "exported", ["bundle", "MiB", "SHA-256"], [(packed.path, packed.size_bytes >> 20, packed.sha256)]
        )
    return ExitCode.DONE


@app.command("import")
def import_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A bundle that `export` wrote.")],
    sha256: Annotated[str, typer.Option(help="The hash that whoever exported handed over.")] = "",
) -> int:
    """Check a bundle whole, then unpack it; a damaged one changes nothing."""
    from ndcops import wiring
    from ndcops.cli import render

    options = options_to_act(context)
    with render.WorkProgress(quiet=options.json) as bars:
        unpacked = wiring.toolchain_import(path, sha256, into(bars))
    places = {**unpacked.engines, **({"wheels": unpacked.wheels} if unpacked.wheels else {})}
    if options.json:
        render.show_json({name: str(place) for name, place in places.items()})
    else:
        render.show_table("imported", ["what", "folder"], list(places.items()))
    return ExitCode.DONE


def into(bars: "WorkProgress") -> "OnBuild":
    """A build's progress, drawn by the bars."""
    return lambda p: bars.advance(p.engine, p.phase, p.done, p.total, p.remaining_s)
