"""The ministry moves in while its counters write, and is served on when the centre that took it in is lost."""

import json
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import make_conninfo

from ndcops.lab.databases.credentials import read_passwords
from ndcops.lab.folder import LabPaths, lab_folder
from ndcops.lab.state import LabState, read_state
from ndcops.model.lifecycle import LifecycleState
from ndcops.model.move_names import MoveNames, names_of
from tests.demo.agency_counter import AGENCY as AT_AGENCY
from tests.demo.agency_counter import Counter, CounterSettings, counter
from tests.demo.chapters import ONE_SERVICE, SERVICE, SITE, VERIFY_PAGE
from tests.demo.stage import EndedOtherwise, Stage
from tests.one_service_inventory import one_service_inventory
from tests.postgres_source import PostgresSource

DATABASE, NAME = "ho-tich-db", "ho-tich"
"""In the dossier, and at its server."""

ROLE, PASSWORD = "quay_ho_tich", "quầy số 1"
HOLD_S = 5
"""Instead of the runbook's hour: the demo is watched by people."""


def move_in(stage: Stage, agency: str, system: str, source: PostgresSource) -> None:
    """Raises EndedOtherwise; said and left out where an earlier demo of this lab has moved it already."""
    state = _state(stage, agency, system)
    if state.rank >= LifecycleState.CUT_OVER.rank:
        stage.say(
            f"\n{system} is '{state}': an earlier demo moved it into this lab, from a source that is gone. "
            "ndcops lab down, and the next demo plays its move again."
        )
        return
    stage.command(
        "The service that hosts the register has real parts: PostgreSQL under Patroni, a name at three servers.",
        *("lab", "up", "--service", SERVICE),
    )
    if state.rank >= LifecycleState.SEEDED.rank:
        seed = ("agency", "seed", agency, "--database", DATABASE)
        stage.command("An earlier demo was cut off half-way: taken back.", *seed, "--undo", "--yes")
        stage.command("And planned again.", "agency", "provision", agency, "--yes")
    lab = read_state(LabPaths(lab_folder()))
    assert lab is not None
    with counter(_settings(stage, lab, source)) as client:
        _move(stage, agency, system, client, lab)
        _lose_a_centre(stage, client, lab)
    _forget(names_of(agency, DATABASE), lab, source)


def _move(stage: Stage, agency: str, system: str, client: Counter, lab: LabState) -> None:
    database = (agency, "--database", DATABASE)
    stage.command(
        "The counters write all the while. The register is copied under one snapshot; what changes since follows.",
        *("agency", "seed", *database, "--yes"),
    )
    stage.command(
        f"In step for {HOLD_S} seconds; the runbook asks for an hour.",
        *("agency", "seed", *database, "--hold-s", str(HOLD_S), "--yes"),
    )
    for again in ("", " Again, for the gate asks for two"):
        stage.command(
            f"Row by row, on both sides, while the counters write.{again}", "agency", "verify", *database, "--yes"
        )
    stage.command(
        "The whole cut-over and the way back, measured on copies.",
        *("agency", "rehearse", agency, "--system", system, "--yes"),
    )
    stage.command(
        "Cut over: fence, sentinel, sequences, stream back, name.",
        *("agency", "cutover", agency, "--system", system, "--yes"),
    )
    stage.command(
        "Compared again, on the stream back to the ministry, and as a page for it.",
        *("agency", "verify", *database, "--yes", "--html", str(VERIFY_PAGE)),
    )
    _told(stage, client, lab, "The counters, from the first copy to now")


def _lose_a_centre(stage: Stage, client: Counter, lab: LabState) -> None:
    alone = ("--inventory", str(one_service_inventory(ONE_SERVICE, SERVICE)))
    stage.command(f"{SITE}, which took the register in, loses its power as a whole.", "lab", "kill", SITE)
    stage.command(
        "All leaves it, and nothing is asked of it.",
        *("failover", "evacuate", SITE, "--lost", "--yes", *alone),
    )
    _told(stage, client, lab, "The ministry is served; its counters, over all of it")
    stage.command("The centre is back, and believes what it last knew.", "lab", "revive", SITE)
    stage.command(
        "What it holds is stopped and catches up behind its fence; then the service goes home.",
        *("failover", "failback", "--yes", *alone),
    )
    _told(stage, client, lab, "The counters, to the end")


def _told(stage: Stage, client: Counter, lab: LabState, title: str) -> None:
    """What the client itself saw. Raises EndedOtherwise when a confirmed registration is not there."""
    seen, lost = client.seen(), client.lost()
    ends = " then ".join(_named(turn, lab) for turn in seen.turns)
    stage.say(
        f"\n# {title}:\n{len(seen.confirmed)} registrations confirmed, {seen.failed} attempts refused, "
        f"longest time without a confirmed one {seen.outage_ms / 1000:.2f} s, through {ends}; lost: {lost}"
    )
    if lost or seen.turns[-1] == AT_AGENCY:
        raise EndedOtherwise(1, 0)


def _named(address: str, lab: LabState) -> str:
    return next((site.name for site in lab.sites if lab.service_address(site) == address), address)


def _state(stage: Stage, agency: str, system: str) -> LifecycleState:
    found: Mapping[str, list[Mapping[str, str]]] = json.loads(stage.asked("agency", "status", agency, "--json"))
    return next(LifecycleState(each["state"]) for each in found["systems"] if each["system"] == system)


def _settings(stage: Stage, lab: LabState, source: PostgresSource) -> CounterSettings:
    """A role for the counters at the ministry's server: the seed brings it along, its password too."""
    with source.connect(NAME) as session:
        session.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{PASSWORD}'".encode())
        session.execute(f"GRANT SELECT, INSERT ON ket_hon TO {ROLE}".encode())
    hosted = lab.service(SERVICE)
    password_file = stage.folder / "counters.pgpass"
    password_file.touch(0o600)
    password_file.write_text(f"*:*:{NAME}:{ROLE}:{PASSWORD}\n")
    login = {"dbname": NAME, "user": ROLE, "passfile": str(password_file), "tcp_user_timeout": "2000"}
    return CounterSettings(
        agency=make_conninfo(source.connection(NAME), **login),
        name=hosted.dns_names[0],
        servers=tuple(f"{site.address}:{site.ports.names}" for site in lab.sites),
        centre=make_conninfo(**login, port=str(hosted.postgres_port)),
        log=stage.folder / "counters.jsonl",
        rate_per_s=50,
        timeout_s=2,
    )


def _forget(names: MoveNames, lab: LabState, source: PostgresSource) -> None:
    """The stream back ends with the ministry's server, which ends with this chapter: no slot keeps WAL for it."""
    with source.connect(NAME) as session:
        session.execute("SET default_transaction_read_only = off")
        session.execute(f'ALTER SUBSCRIPTION "{names.reverse_subscription}" DISABLE'.encode())
    password = read_passwords(LabPaths(lab_folder()), SERVICE)["postgres"]
    for site in lab.sites:
        place = {"host": lab.service_address(site), "port": str(lab.service(SERVICE).postgres_port)}
        words = make_conninfo(**place, user="postgres", password=password, dbname=NAME)
        with psycopg.connect(words, autocommit=True) as session:
            session.execute(
                "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                " WHERE slot_name = %s AND NOT active",
                [names.reverse_slot],
            )
