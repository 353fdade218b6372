"""The section [disputes]: how it is read, what must hold in it, and what it means in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from goodword.money import in_percent
from goodword.program.problems import Problem, Unfit, as_written
from goodword.program.shapes import one_line, shaped
from goodword.program.tables import many, record
from goodword.program.values import email, percent_bps, text, whole
from goodword.program.wording import in_days, listed
from goodword.rules.disputes import DisputePolicy, normal

_LONGEST = 90  # days
_MOST_SHARE_BPS = 5_000
_MOST_DECIDERS = 100
_NOTHING = re.compile(r"0+(?:\.0+)?%")


@shaped(one_line('a percentage from 0% to 50%, as "20%"'))
def _most_share(value: object) -> int:
    """Read "20%" as basis points; whoever loses never gets more than whoever wins."""
    if isinstance(value, str) and _NOTHING.fullmatch(value):
        return 0
    try:
        bps = percent_bps(value)
    except Unfit:
        bps = _MOST_SHARE_BPS + 1
    if bps > _MOST_SHARE_BPS:
        raise Unfit.of(value, 'a percentage from 0% to 50% and no finer than 0.01%, as "20%"')
    return bps


def _check_deciders(names: list[tuple[int, str]]) -> Iterable[Problem]:
    """An appeal is heard by another person, so one alone cannot decide everything."""
    first: dict[str, int] = {}
    for place, name in names:
        if first.setdefault(normal(name), place) != place:
            yield Problem(f"[{place}]", f"{as_written(name)} a second time", "each once")
    if len(first) == 1:
        yield Problem("", "one name", "two or more: another person hears an appeal")


read_disputes = record(
    DisputePolicy,
    {
        "decide_within_days": whole(1, _LONGEST, "days"),
        "appeal_within_days": whole(1, _LONGEST, "days"),
        "most_share": _most_share,
        "escalate_to": email,
        "deciders": many(
            text(100), 'names, as ["olivia", "pavel"]', 0, _MOST_DECIDERS, _check_deciders
        ),
    },
    renamed={"most_share": "most_share_bps"},
)


def describe_disputes(policy: DisputePolicy) -> Iterator[str]:
    """Say what the section means, one rule a sentence."""
    who = listed(policy.deciders, "or") if policy.deciders else "one of staff"
    yield (
        f"Who holds a claim may be contested: {who}, who is no party, rules within "
        f"{in_days(policy.decide_within_days)}; who lost may appeal once within "
        f"{in_days(policy.appeal_within_days)}, to another person. Until then nothing of its deal "
        "is paid."
    )
    if policy.most_share_bps:
        most = in_percent(policy.most_share_bps)
        yield f"A ruling may grant the claim that loses up to {most} of the partner's share."
    else:
        yield "A ruling grants nothing to the claim that loses."
    if policy.escalate_to:
        yield f"{policy.escalate_to} is told daily of rulings that are late."
