"""The staff: who works with the program, what each may do, and letting them in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Form, Response

from goodword.actions import staff as actions
from goodword.db.queries import staff as queries
from goodword.rules.rights import MAY, Action, Role
from web.console import fields
from web.console.page import Page
from web.visits import Visit, allowed

PAGE = Page("/staff", "Staff", Action.MANAGE_STAFF)

Manager = Annotated[Visit, Depends(allowed(Action.MANAGE_STAFF))]
Roles = Annotated[list[Role], Form(max_length=len(Role))]


@PAGE.router.get("")
def show(visit: Manager) -> Response:
    """Show the staff, and the forms that change them."""
    with visit.transaction() as tx:
        members = queries.everyone(tx)
    rights = {role: [action for action in MAY if role in MAY[action]] for role in Role}
    return visit.page("staff", members=members, rights=rights)


@PAGE.router.post("")
def add(visit: Manager, name: fields.Name, email: fields.Name, role: Roles) -> Response:
    """Add somebody, and show their first password this once."""
    new = actions.NewMember(name.strip(), email.strip(), frozenset(role))
    with visit.transaction() as tx:
        password = actions.add(tx, new, visit.actor, visit.now)
    return visit.page("first_password", name=new.name, password=password, is_reset=False)


@PAGE.router.post("/{name}/roles")
def give_roles(visit: Manager, name: str, role: Roles, seen: Roles) -> Response:
    """Give somebody these roles in place of those that they were seen to have."""
    with visit.transaction() as tx:
        actions.give_roles(tx, name, role, visit.actor, seen)
    return visit.go(PAGE.address, f"{name}: {', '.join(sorted(role))}.")


@PAGE.router.post("/{name}/reset")
def reset(visit: Manager, name: str, factor: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002 - a box of the form
    """Give somebody a new first password, shown this once, and sign them out everywhere."""
    with visit.transaction() as tx:
        password = actions.reset(tx, name, visit.actor, visit.now, factor=factor)
    return visit.page("first_password", name=name, password=password, is_reset=True)


@PAGE.router.post("/{name}/disable")
def disable(visit: Manager, name: str, reason: fields.Name = "") -> Response:
    """Let somebody in no more, from this moment on."""
    with visit.transaction() as tx:
        actions.disable(tx, name, visit.actor, reason.strip())
    return visit.go(PAGE.address, f"{name} is disabled.")


@PAGE.router.post("/{name}/enable")
def enable(visit: Manager, name: str) -> Response:
    """Let somebody in again."""
    with visit.transaction() as tx:
        actions.enable(tx, name, visit.actor)
    return visit.go(PAGE.address, f"{name} may sign in again.")
