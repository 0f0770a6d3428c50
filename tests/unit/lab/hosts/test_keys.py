"""Keys: private, made once, known before the first login."""

from datetime import UTC, datetime

from cryptography import x509

from ndcops.lab.hosts import keys
from ndcops.lab.hosts.layout import HostsPaths, HostsState


def test_host_keys_are_private_made_once_and_known_by_address_and_name(
    paths: HostsPaths, state: HostsState
) -> None:
    siem = state.hosts[0]
    keys.make_host_keys(paths, siem.name)
    files = keys.host_key_files(paths, siem.name)
    before = [path.read_bytes() for path in files]
    keys.make_host_keys(paths, siem.name)
    assert [path.read_bytes() for path in files] == before
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}

    keys.write_known_hosts(paths, [siem])
    lines = [line.split() for line in paths.known_hosts.read_text().splitlines()]
    assert [line[:2] for line in lines] == [
        [f"{siem.address},{siem.name}", "ssh-ed25519"],
        [f"{siem.address},{siem.name}", "ssh-rsa"],
    ]
    published = [path.with_name(f"{path.name}.pub").read_text().split()[1] for path in files]
    assert [line[2] for line in lines] == published


def test_the_operator_has_a_key_and_a_password_of_his_own(paths: HostsPaths) -> None:
    keys.make_operator(paths)
    password = paths.sudo_password.read_text().strip()
    assert len(password) >= 24
    assert paths.sudo_password.stat().st_mode & 0o777 == 0o600
    assert paths.identity.stat().st_mode & 0o777 == 0o600
    keys.make_operator(paths)
    assert paths.sudo_password.read_text().strip() == password


def test_certificates_hold_for_name_and_address_and_the_siem_for_its_alias(
    paths: HostsPaths, state: HostsState
) -> None:
    keys.make_certificates(paths, state.hosts, datetime.now(UTC))
    authority = x509.load_pem_x509_certificate((paths.pki / "ca.crt").read_bytes())
    names = {}
    for host in state.hosts:
        certificate = x509.load_pem_x509_certificate((paths.pki / f"{host.name}.crt").read_bytes())
        certificate.verify_directly_issued_by(authority)
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names[host.name] = [*alternatives.get_values_for_type(x509.DNSName)]
        assert [str(each) for each in alternatives.get_values_for_type(x509.IPAddress)] == [host.address]
    assert names["ndc1-siem-1"] == ["ndc1-siem-1", "siem"]
    assert names["ndc1-bastion-1"] == ["ndc1-bastion-1"]
