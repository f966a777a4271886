# SPDX-License-Identifier: Apache-2.0
"""What is done to accounts: end sessions, disable, and give other rights; more of them take two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet import audit
from fleet.operators import oversight
from fleet.operators.accounts import Role
from fleet.operators.oversight import NotDoneError, Overseer, Why
from fleet.store.scope import Scope, ScopeRefusedError
from fleet.web.reach import doing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from fleet.web.reach import Deed

_WHY = {
    Why.OWN: lazy_gettext("This is your own account: somebody else has to do that."),
    Why.BEYOND: lazy_gettext("That reaches beyond what your own account may see."),
    Why.DISABLED: lazy_gettext(
        "The account is disabled. It is opened again on the controller: dipchip-fleet account reset."
    ),
    Why.NOT_PROPOSED: lazy_gettext("This is not proposed, or something else is by now. Look at it again."),
    Why.SECOND_PERSON: lazy_gettext("You have proposed it yourself: another person has to approve it."),
    Why.SAME: lazy_gettext("The account has that scope and role already."),
    Why.NOT_SAID: lazy_gettext(
        "Write the scope as nation, region:8, province:41 or facility:41/10670, and choose a role."
    ),
}


def end(number: int) -> None:
    """End its sessions and tokens.

    Raises:
        RefusedError: it is not to be done.
    """
    with _doing() as deed:
        account, n = oversight.end(deed.connection, number, _by(deed))
        if n:
            deed.record(audit.Act.SESSIONS_ENDED, account.name, {"n": n})


def disable(number: int) -> None:
    """Let it sign in no more.

    Raises:
        RefusedError: it is not to be done.
    """
    with _doing() as deed:
        account = oversight.disable(deed.connection, number, _by(deed))
        if account.disabled_ms is None:
            deed.record(audit.Act.ACCOUNT_DISABLED, account.name)


def change(number: int, typed: Mapping[str, str]) -> None:
    """Give it another `scope` and `role`, at once or once somebody else approves.

    Raises:
        RefusedError: it is not to be done.
    """
    with _doing() as deed:
        try:
            scope, role = Scope.parse(typed.get("scope", "").strip()), Role(typed.get("role", ""))
        except (ScopeRefusedError, ValueError) as error:
            raise NotDoneError(Why.NOT_SAID) from error
        account, in_force = oversight.change(deed.connection, number, scope, role, _by(deed))
        told: audit.Detail = {"role": str(role), "scope": str(scope)}
        deed.record(audit.Act.ACCOUNT_CHANGED if in_force else audit.Act.RIGHTS_PROPOSED, account.name, told)


def approve(number: int, typed: Mapping[str, str]) -> None:
    """Put in force what somebody else has proposed, which is the `scope` and `role` that were seen.

    Raises:
        RefusedError: it is not to be done.
    """
    seen = (typed.get("scope", ""), typed.get("role", ""))
    with _doing() as deed:
        account, given = oversight.approve(deed.connection, number, seen, _by(deed))
        told: audit.Detail = {"role": str(given.role), "scope": str(given.scope), "proposed_by": given.by}
        deed.record(audit.Act.ACCOUNT_CHANGED, account.name, told)


def decline(number: int) -> None:
    """Take away what was proposed.

    Raises:
        RefusedError: nothing is.
    """
    with _doing() as deed:
        account = oversight.decline(deed.connection, number, _by(deed))
        deed.record(audit.Act.RIGHTS_DECLINED, account.name)


def _doing() -> AbstractContextManager[Deed]:
    return doing(NotDoneError, lambda error: _WHY.get(error.why))


def _by(deed: Deed) -> Overseer:
    return Overseer(deed.who, deed.scope, deed.at_ms)
