"""The root of the command line: general options, groups of verbs, and errors mapped to exit codes once."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ndcops.cli import agency, capacity, failover, harden, inventory, lab, ledger, root, stack, toolchain
from ndcops.cli.options import Options, in_front
from ndcops.model.errors import ExitCode, InvalidInput, NdcopsError

app = typer.Typer(
    name="ndcops",
    help="National data centres as code.",
    epilog="General options may also stand after the verb. Exit codes: 0 done, 1 failed, 2 usage, "
    "3 refused as unsafe, 4 partly applied and resumable, 5 differences found, 130 interrupted.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(inventory.app, name="inventory")
app.add_typer(lab.app, name="lab")
app.add_typer(toolchain.app, name="toolchain")
app.add_typer(stack.app, name="stack")
app.add_typer(harden.app, name="harden")
app.add_typer(capacity.app, name="capacity")
app.add_typer(agency.app, name="agency")
app.add_typer(failover.app, name="failover")
app.add_typer(ledger.app, name="ledger")
app.command("doctor")(root.doctor)
app.command("status")(root.status)


def _version(wanted: bool) -> None:
    if wanted:
        from ndcops import __version__

        typer.echo(f"ndcops {__version__}")
        raise typer.Exit


@app.callback()
def _keep_options(
    context: typer.Context,
    site: Annotated[list[str] | None, typer.Option(help="Only this site; may be given several times.")] = None,
    target: Annotated[
        str, typer.Option(help="Which clusters: lab or production.", envvar="NDCOPS_TARGET")
    ] = "lab",
    inventory: Annotated[
        Path | None, typer.Option(help="The inventory's folder.", envvar="NDCOPS_INVENTORY", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before changing.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Stop after showing the plan.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """National data centres as code: declare, apply, rehearse, recover."""
    del version
    if target not in ("lab", "production"):
        raise typer.BadParameter(f"'{target}' is neither lab nor production", param_hint="--target")
    context.obj = Options(tuple(site or ()), json, yes, dry_run, debug, target, inventory)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(words: list[str]) -> int:
    """Run one command and give its exit code; errors are shown."""
    arguments = in_front(words)
    as_json = "--json" in arguments
    try:
        result: Any = app(args=arguments, prog_name="ndcops", standalone_mode=False)
        sys.stdout.flush()
        if result == ExitCode.INTERRUPTED:  # typer's answer to Ctrl-C, where no room has its own
            return _show_error(_interrupted(), as_json=as_json)
        return int(result) if isinstance(result, int) else ExitCode.DONE
    except NdcopsError as error:
        return _show_error(error, as_json=as_json, debug="--debug" in arguments)
    except typer.Abort:
        return _show_error(_interrupted(), as_json=as_json)
    except typer.TyperException as error:
        return _show_usage_error(error, as_json=as_json)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; what was asked is not undone by that.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except OSError as error:
        reason = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        failure = NdcopsError(reason, resolution="the same command with --debug shows where")
        return _show_error(failure, as_json=as_json, debug="--debug" in arguments)


def _interrupted() -> NdcopsError:
    from ndcops.model.errors import Interrupted

    return Interrupted("interrupted", resolution="run the same command again: it goes on from here")


def _show_usage_error(error: typer.TyperException, *, as_json: bool) -> int:
    """Words that the parser does not take. A group without its verb gets the group's help."""
    message = error.format_message()
    if message.startswith("Usage:") and not as_json:
        sys.stderr.write(f"{message}\n")
        return ExitCode.USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "ndcops"
    return _show_error(InvalidInput(message, resolution=f"{path} --help"), as_json=as_json)


def _show_error(error: NdcopsError, *, as_json: bool, debug: bool = False) -> int:
    from ndcops.cli import render

    if debug:
        import traceback

        traceback.print_exc()
    render.show_error(error, as_json=as_json)
    return error.exit_code
