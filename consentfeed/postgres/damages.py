"""Where a database is other than sql/ made it: each damage in words, how bad it is, and what to do."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from consentfeed.postgres.refusals import MIGRATE

# What is made again by the files that are run at every migrate.
_MADE_AGAIN: Final = frozenset({"function", "trigger", "policy", "row rules", "rights", "inventory"})
_WRITING: Final = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "CREATE"})
_FORMS: Final = {
    "table": "table {name}",
    "column": "column {relation}.{name}",
    "partition": "partition {name}",
    "function": "function {name}",
    "row rules": "row-level security of {name}",
    "rights": "{name}",
    "owner": "{name}",
    "inventory": "what sql/ has made",
}
_MATTERS: Final = {"owner": "belongs to {}", "inventory": "is not noted"}


class Damage(NamedTuple):
    """A row of differing_objects().

    noted: as it was made, or None: it was added. present: as it is, or None: it is missing.
    """

    kind: str
    relation: str
    name: str
    noted: str | None
    present: str | None

    def __str__(self) -> str:
        """Which object, and what is the matter."""
        form = _FORMS.get(self.kind, f"{self.kind} {{name}} on {{relation}}")
        return f"{form.format(name=self.name, relation=self.relation)} {self._matter()}"

    def _matter(self) -> str:
        if self.kind == "rights":
            return self._rights()
        if self.kind in _MATTERS:
            return _MATTERS[self.kind].format(self.present)
        if self.noted is None:
            return "is not consentfeed's"
        return "is missing" if self.present is None else self._change(self.noted, self.present)

    def _change(self, noted: str, present: str) -> str:
        was, _, made = noted.partition(": ")
        now, _, there = present.partition(": ")
        if self.kind in {"row rules", "partition", "table"} or (self.kind == "trigger" and made == there):
            return f"is {now}, not {was}"
        return "is not as it was made"

    def _lost_and_gained(self) -> tuple[set[str], set[str]]:
        """Of rights."""
        due, held = set((self.noted or "").split(", ")), set((self.present or "").split(", "))
        return due - held - {""}, held - due - {""}

    def _rights(self) -> str:
        lost, gained = self._lost_and_gained()
        parts = [f"may no longer {', '.join(sorted(lost))}"] if lost else []
        parts += [f"may {', '.join(sorted(gained))}"] if gained else []
        return f"{' and '.join(parts)} on {self.relation}"

    @property
    def is_made_again(self) -> bool:
        """Whether migrate mends it."""
        return self.kind in _MADE_AGAIN and (self.noted is not None or self.kind == "rights")

    @property
    def is_silent(self) -> bool:
        """Whether something could change without an event, or the service cannot do what it is for.

        What only reads cannot change anything, and a trigger that somebody added may have its reasons.
        """
        if self.kind == "function":
            return " VOLATILE" in (self.noted or "")
        if self.kind == "rights":
            lost, gained = self._lost_and_gained()
            return bool(lost or gained & _WRITING)
        return self.kind in {"rule", "inventory"} or (self.kind == "trigger" and self.noted is not None)

    @property
    def is_grave(self) -> bool:
        """Whether it is a problem, and not just worth knowing."""
        return self.kind in {"rule", "rights", "owner"} or (self.noted is not None and self.kind != "index")

    @property
    def cure(self) -> str:
        """What to do, in a sentence."""
        if self.is_made_again:
            return f"{MIGRATE[:1].upper()}{MIGRATE[1:]}, which mends it."
        if self.kind == "owner":
            return "Give it to the owner: docs/operations.md has the statement for all that another role has."
        if self.noted is None:
            return (
                f"Look what it does; DROP {self.kind.upper()} {self.name} ON consentfeed.{self.relation} takes it away."
            )
        if self.kind == "partition":
            return (
                "ALTER TABLE consentfeed.events ATTACH PARTITION, as sql/functions/log/add_event_partitions.sql does;"
                " ALTER TABLE … SET LOGGED where it is unlogged."
            )
        key = "', '".join(self[:3])
        accept = f"DELETE FROM consentfeed.inventory WHERE (kind, relation, name) = ('{key}')"  # noqa: S608 - to be read
        return f"Make it again as it was ({self.noted}), or let it be as it is: {accept}."


def of_rows(rows: Iterable[Iterable[Any]]) -> list[Damage]:
    """The damages of differing_objects(), in a fixed order; where nothing is noted, this alone."""
    damages = sorted((Damage(*row) for row in rows), key=lambda damage: damage[:3])
    return [damage for damage in damages if damage.kind == "inventory"] or damages


def in_words(damages: Iterable[Damage], most: int = 5) -> str:
    """The first of them, the gravest before others, and how many more there are."""
    ordered = sorted(damages, key=lambda damage: (not damage.is_silent, not damage.is_grave))
    more = len(ordered) - most
    return "; ".join(map(str, ordered[:most])) + (f"; and {more} more" if more > 0 else "")


def cures(damages: Iterable[Damage], most: int = 3) -> str:
    """What to do about them, each cure once."""
    ordered = sorted(damages, key=lambda damage: (not damage.is_silent, not damage.is_grave))
    return " ".join(list(dict.fromkeys(damage.cure for damage in ordered))[:most])
