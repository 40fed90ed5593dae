"""Endpoints as an admin makes and watches them."""

from typing import Any

from tests.support.rest import Rest
from tests.support.waiting import wait_until

# Where receivers of tests are.
LOOPBACK = "127.0.0.0/8 ::1/128"


def put(rest: Rest, url: str, name: str = "crm", **choice: Any) -> dict[str, Any]:
    """Adds or changes one."""
    answer = rest.call("PUT", f"/webhooks/{name}", "admin", json={"url": url, **choice})
    assert answer.status_code in {200, 201}, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ask(rest: Rest, what: str, name: str = "crm", **body: Any) -> dict[str, Any]:
    """rotate, replay or test."""
    answer = rest.call("POST", f"/webhooks/{name}/{what}", "admin", json=body or None)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def state(rest: Rest, name: str = "crm") -> dict[str, Any]:
    """How it fares."""
    (found,) = [one for one in rest.json("/webhooks", "admin")["webhooks"] if one["name"] == name]
    return found  # type: ignore[no-any-return]


def wait_for(rest: Rest, name: str = "crm", **members: Any) -> dict[str, Any]:
    """How it fares, as soon as these members are so."""
    found: dict[str, Any] = {}

    def is_so() -> bool:
        found.update(state(rest, name))
        return members.items() <= found.items()

    wait_until(is_so, what=f"{name}: {members}")
    return found


def grant(rest: Rest, count: int = 1) -> list[str]:
    """The ids of that many events: grants of new customers."""
    return [rest.decide("grant", consent).json()["event"]["id"] for consent in rest.consents(count)]
