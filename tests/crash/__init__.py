"""Money moves exactly once: how that is attacked, and what would have to be seen to believe it.

Read in this order:

`world.py`        a small company in PostgreSQL, a stand-in for Stripe over HTTP, and one virtual
                  clock; emptied and used again for each seed (`opening.py` makes it)
`faults.py`       what goes wrong: a process that dies before or after a commit or a call, another
                  process that works in the middle of this one, and what Stripe and the network do
`engine.py`       the program joined to a world, without threads, pace and Prefect's bookkeeping
`oracle.py`       who was paid what, from Stripe's own book and from what was given; it asks the
                  program for its excuses only
`simulation.py`   one seed: some days of such a company, nights by the flows' own code, until all of
                  it must be settled; a seed is the same life every time
`kills.py`        the same for real: nights in processes of their own, ended by SIGKILL, several at
                  once, and PostgreSQL killed below them
`simulate.py`     the command: `make crash SEEDS=10000 KILLS=200`, or one seed with its story:
                  `python -m tests.crash.simulate --seed 1234 --trace`

The tests run a part of it each time: `test_seeds_*.py`, `test_kills.py`. `test_mutations.py` breaks
the program on purpose in the ways that are easily made by mistake, and asks that the seeds find
each of them: a suite that cannot fail proves nothing. `test_ledger_machine.py` looks at the books
alone, in any order of steps.

What is not simulated: Stripe executing a request more than an hour after it was sent. Nobody can
exclude it from outside (docs/money.md); the reconciliation reports it.
"""
