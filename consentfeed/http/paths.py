"""Which resource a path is of: found by its segments, one look-up for each."""

from collections.abc import Mapping
from typing import Final

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

# Stands for any one segment, which a name in braces is in a template; no segment has a slash in it.
_ANY: Final = "/"


class _Branch:
    """Where a path has come to: what its next segment may be, and what is here."""

    __slots__ = ("app", "names", "next")

    def __init__(self) -> None:
        self.next: dict[str, _Branch] = {}
        self.app: ASGIApp | None = None
        self.names: tuple[str, ...] = ()


class Paths(BaseRoute):
    """Applications by the templates of their paths. Starlette would try one pattern after another: with a hundred
    paths, an eighth of the processor's time for a decision."""

    def __init__(self, apps: Mapping[str, ASGIApp]) -> None:
        self.templates = tuple(apps)
        self._root = _Branch()
        for template, app in apps.items():
            self._add(template, app)

    def _add(self, template: str, app: ASGIApp) -> None:
        branch, names = self._root, []
        for segment in template.split("/"):
            is_name = segment.startswith("{")
            if is_name:
                names.append(segment[1:-1])
            branch = branch.next.setdefault(_ANY if is_name else segment, _Branch())
        branch.app, branch.names = app, tuple(names)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """In full, or not at all: which methods there are, the application says."""
        if scope["type"] != "http":
            return Match.NONE, {}
        values: list[str] = []
        branch = self._root
        for segment in scope["path"].split("/"):
            found = branch.next.get(segment)
            if found is None:
                found = branch.next.get(_ANY) if segment else None
                if found is None:
                    return Match.NONE, {}
                values.append(segment)
            branch = found
        if branch.app is None:
            return Match.NONE, {}
        parameters = dict(zip(branch.names, values, strict=True))
        return Match.FULL, {"endpoint": branch.app, "path_params": parameters}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """By the application that was found."""
        await scope["endpoint"](scope, receive, send)
