"""Domains that do not say whose an address is: mail that anybody gets, pages that hosts lend."""

from __future__ import annotations

import re

FREE_MAIL = frozenset(
    """
    163.com 126.com aol.com docomo.ne.jp ezweb.ne.jp fastmail.com free.fr gmail.com gmx.com gmx.de
    gmx.net googlemail.com hanmail.net hotmail.co.uk hotmail.com hotmail.fr icloud.com laposte.net
    libero.it live.com mac.com mail.com mail.ru me.com msn.com naver.com orange.fr outlook.com
    outlook.jp proton.me protonmail.com qq.com rediffmail.com sina.com softbank.ne.jp t-online.de
    wanadoo.fr web.de yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de yahoo.fr
    yandex.com yandex.ru ymail.com zoho.com
    """.split()
)
"""Where anybody gets a mailbox: two people of such a domain are not of one company."""

_HOSTS = frozenset(
    """
    business.site etsy.com facebook.com godaddysites.com google.com instagram.com jimdofree.com
    jimdosite.com linkedin.com linktr.ee medium.com shopify.com squarespace.com strikingly.com
    tumblr.com twitter.com vk.com webnode.com weebly.com wordpress.com x.com xing.com yelp.com
    youtube.com
    """.split()
)
"""Where companies have a page or a name below another's; the Public Suffix List has more."""

_AROUND = re.compile(r"^([a-z]+://)?(www\.)?|[/.]+$")


def of_one_company(domain: str | None, address: str) -> str | None:
    """Return the registrable domain of an address; None when it may be of several companies.

    Args:
        domain: the registrable domain, None when the address has none.
        address: as somebody wrote it: "facebook.com" is a company's, "facebook.com/acme" is not.
    """
    if domain in FREE_MAIL:
        return None
    is_bare = _AROUND.sub("", address.strip().casefold()) == domain
    return domain if is_bare or domain not in _HOSTS else None
