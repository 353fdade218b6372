"""Domains that do not say whose an address is: free mail, thrown away mail, pages of hosts."""

from __future__ import annotations

import pytest

from goodword.companies import disposable_domain, is_free_mail, of_one_company, registrable_domain


@pytest.mark.parametrize(
    "domain",
    [
        "gmail.com",
        "yahoo.co.jp",
        "web.de",
        "qq.com",
        "docomo.ne.jp",
        "outlook.my",
        "singnet.com.sg",
    ],
)
def test_anybody_gets_a_mailbox_of_a_free_provider(domain: str) -> None:
    assert is_free_mail(domain)
    assert of_one_company(domain, f"jo@{domain}") is None


@pytest.mark.parametrize(
    "domain", ["acme.example", "siemens.com", "ibm.com", "salesforce.com", "facebook.com", None]
)
def test_a_companys_own_domain_is_no_free_provider(domain: str | None) -> None:
    assert not is_free_mail(domain)
    assert of_one_company(domain, domain or "") == domain


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://www.facebook.com/", "facebook.com"),
        ("facebook.com/acmebakery", None),
        ("acme.example/shop", "acme.example"),
        ("https://acme.weebly.com", None),
    ],
)
def test_a_page_of_a_host_is_not_the_hosts(address: str, expected: str | None) -> None:
    assert of_one_company(registrable_domain(address), address) == expected


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("jo@mailinator.com", "mailinator.com"),
        (" Jo+x@Sub.MAILINATOR.com ", "mailinator.com"),
        ("jo@mailinator.example", None),
        ("mailinator.com@acme.example", None),
        ("jo@gmail.com", None),
        ("jo@duck.com", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_that_is_made_to_be_thrown_away_is_known(
    email: str | None, expected: str | None
) -> None:
    assert disposable_domain(email) == expected
