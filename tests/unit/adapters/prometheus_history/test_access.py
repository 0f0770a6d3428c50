"""Addresses and credentials of a Prometheus: from the environment, never shown, never sent in the clear."""

import pytest

from ndcops.adapters.prometheus_history import Access
from ndcops.model.errors import InvalidInput

TOKEN = {"NDCOPS_PROMETHEUS_TOKEN": "s3cr3t"}
BASIC = {"NDCOPS_PROMETHEUS_USER": "thống kê", "NDCOPS_PROMETHEUS_PASSWORD": "mật khẩu"}


def test_a_token_becomes_a_header_that_is_not_shown() -> None:
    access = Access.of("https://metrics.example:9090/", TOKEN | {"NDCOPS_PROMETHEUS_CA": "/etc/ca.pem"})
    assert access.headers == {"Authorization": "Bearer s3cr3t"}
    assert access.authority == "/etc/ca.pem"
    assert access.url == "https://metrics.example:9090"
    assert "s3cr3t" not in repr(access)


def test_user_and_password_are_sent_as_utf_8() -> None:
    sent = Access.of("https://metrics.example", BASIC).headers["Authorization"]
    assert sent == "Basic dGjhu5FuZyBrw6o6beG6rXQga2jhuql1"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9090", "http://localhost:9090", "http://[::1]:9090"])
def test_loopback_needs_no_encryption(url: str) -> None:
    assert Access.of(url, TOKEN).headers


def test_credentials_are_not_sent_in_the_clear() -> None:
    with pytest.raises(InvalidInput, match="unencrypted"):
        Access.of("http://metrics.example:9090", TOKEN)
    assert Access.of("http://metrics.example:9090", {}).headers == {}


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidInput) as caught:
        Access.of("https://me:s3cr3t@metrics.example", {})
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.resolution}"


@pytest.mark.parametrize(
    "url",
    ["", "metrics", "ftp://metrics", "https://", "https://a b", "https://m?query=1", "https://m:port", "//x"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        Access.of(url, {})


@pytest.mark.parametrize(
    "environment",
    [
        TOKEN | BASIC,
        {"NDCOPS_PROMETHEUS_USER": "me"},
        {"NDCOPS_PROMETHEUS_PASSWORD": "s3cr3t"},
        {"NDCOPS_PROMETHEUS_TOKEN": "s3cr3t\nX-Other: 1"},
    ],
)
def test_credentials_that_contradict_each_other_are_refused(environment: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        Access.of("https://metrics.example", environment)
    assert "s3cr3t" not in f"{caught.value.message} {caught.value.resolution}"
