"""Servers that refuse, lie, keep silent or are somebody else: their answers are problems, never addresses."""

import socket
import threading
from collections.abc import Callable, Iterator

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import dns.tsig
import pytest

from ndcops.adapters.dns_servers import AuthoritativeServer, DnsServers, Resolver, TsigKey
from ndcops.model.errors import InvalidInput, Refused
from ndcops.model.failover import Unreachable

KEY = TsigKey("ndcops", "hmac-sha256", "c2VjcmV0c2VjcmV0c2VjcmV0")
OTHER = TsigKey("ndcops", "hmac-sha256", "b3RoZXJvdGhlcm90aGVyb3RoZXI=")
NAME = "login.ndc.test"
Answering = Callable[[dns.message.Message], dns.message.Message | None]


def tsig(key: TsigKey) -> dns.tsig.Key:
    return dns.tsig.Key(key.name, key.secret, key.algorithm)


def honest(
    question: dns.message.Message, key: TsigKey | None = KEY, flags: int = dns.flags.AA
) -> dns.message.Message:
    """What a good server says: the address, no epoch, the zone's serial."""
    reply = dns.message.make_response(question)
    reply.flags |= flags
    asked = question.question[0]
    kind = asked.rdtype.name
    if kind == "A":
        reply.answer.append(dns.rrset.from_text(asked.name, 30, "IN", "A", "10.0.0.1"))
    elif kind == "SOA":
        serial = "ns.ndc.test. hostmaster.ndc.test. 7 1 1 1 1"
        reply.authority.append(dns.rrset.from_text("ndc.test.", 30, "IN", "SOA", serial))
    reply.tsig = None
    if key is not None:
        reply.use_tsig(tsig(key))
        reply.request_mac = question.mac
    return reply


def with_text(*texts: str) -> Answering:
    def answering(question: dns.message.Message) -> dns.message.Message:
        reply = honest(question)
        if question.question[0].rdtype.name == "TXT":
            name = question.question[0].name
            reply.answer.append(dns.rrset.from_text(name, 5, "IN", "TXT", *(f'"{text}"' for text in texts)))
        return reply

    return answering


def refusing(question: dns.message.Message) -> dns.message.Message:
    reply = honest(question)
    reply.answer.clear()
    reply.set_rcode(dns.rcode.REFUSED)
    return reply


Serve = Callable[[Answering], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers on loopback that answer as told; gives their port."""
    stop, threads = threading.Event(), []

    def start(answering: Answering) -> int:
        listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(0.05)

        def work() -> None:
            with listening:
                while not stop.is_set():
                    try:
                        wire, client = listening.recvfrom(4096)
                    except TimeoutError:
                        continue
                    try:
                        question = dns.message.from_wire(wire, keyring=tsig(KEY))
                    except dns.tsig.BadSignature:
                        continue
                    reply = answering(question)
                    if reply is not None:
                        listening.sendto(reply.to_wire(), client)

        thread = threading.Thread(target=work)
        thread.start()
        threads.append(thread)
        return int(listening.getsockname()[1])

    yield start
    stop.set()
    for thread in threads:
        thread.join()


def server(port: int, site: str = "ndc1", key: TsigKey = KEY) -> AuthoritativeServer:
    return AuthoritativeServer(site, "127.0.0.1", port, key, timeout_s=0.5)


def test_an_honest_answer_is_taken(serve: Serve) -> None:
    answer = server(serve(honest)).answer(NAME)
    assert (answer.addresses, answer.ttl_s, answer.serial, answer.epoch) == (("10.0.0.1",), 30, 7, 0)
    assert answer.problem == ""
    assert server(serve(with_text("epoch=12"))).answer(NAME).epoch == 12


@pytest.mark.parametrize(
    ("answering", "problem"),
    [
        (lambda question: honest(question, key=None), "requires a TSIG"),
        (lambda question: honest(question, flags=0), "no authority"),
        (lambda question: honest(question, key=OTHER), ""),
        (refusing, "REFUSED"),
        (lambda question: None, "no answer"),
        (with_text("epoch=x"), "not ours"),
        (with_text("epoch=1", "epoch=2"), "not ours"),
        (with_text("v=spf1 -all"), "not ours"),
    ],
)
def test_what_cannot_be_believed_is_a_problem(serve: Serve, answering: Answering, problem: str) -> None:
    answer = server(serve(answering)).answer(NAME)
    assert answer.problem
    assert problem in answer.problem
    assert answer.addresses == ()
    assert answer.site == "ndc1"


def test_one_that_is_silent_does_not_hide_the_others(serve: Serve) -> None:
    silent, speaking = server(serve(lambda question: None)), server(serve(honest), "ndc2")
    state = DnsServers([silent, speaking], {"ndc1": "10.0.0.1"}).read(NAME)
    assert [(answer.site, bool(answer.problem)) for answer in state.answers] == [("ndc1", True), ("ndc2", False)]


def test_an_unknown_server_or_site_is_said(serve: Serve) -> None:
    names = DnsServers([server(serve(honest))], {"ndc1": "10.0.0.1"})
    with pytest.raises(InvalidInput, match="no authoritative server"):
        names.claim(NAME, "10.9.9.9:53", expect_epoch=0, epoch=1)
    with pytest.raises(Refused, match="no address is declared"):
        names.entry("ndc9")


def test_an_update_that_nobody_answers_is_unreachable(serve: Serve) -> None:
    names = DnsServers([server(serve(honest))], {})
    found = names.read(NAME).answers[0]
    with pytest.raises(Unreachable, match="update of"):
        names.claim(NAME, found.server, expect_epoch=0, epoch=1)


def test_a_client_takes_the_next_server_and_stays_with_it(serve: Serve) -> None:
    asked: list[str] = []

    def speaking(question: dns.message.Message) -> dns.message.Message:
        asked.append("speaking")
        return honest(question, key=None)

    def silent(question: dns.message.Message) -> None:
        asked.append("silent")

    servers = [f"127.0.0.1:{serve(silent)}", f"127.0.0.1:{serve(speaking)}"]
    resolver = Resolver(servers, timeout_s=0.3)
    assert [resolver.address(NAME), resolver.address(NAME)] == ["10.0.0.1", "10.0.0.1"]
    assert asked == ["silent", "speaking", "speaking"]
    with pytest.raises(Unreachable, match="no address"):
        Resolver(servers[:1], timeout_s=0.2).address(NAME)
