"""The check of the checkpoints; it answers one finding."""

from typing import Final

from consentfeed.doctor.finding import Finding, graded, ok, problem, warning
from consentfeed.doctor.target import DatabaseTarget
from consentfeed.errors import StatementFailed
from consentfeed.log.checkpoint import Checkpoint
from consentfeed.postgres.checkpoints import State

# A checkpoint comes within a minute of an event. Above the first it is a warning, above the second a problem.
_WAITING_SECONDS: Final = (60.0, 300.0)
_CURE: Final = (
    "Run `consentfeed verify`, which says where. If the database was restored, give the log another name:"
    " docs/operations.md, After a restore, says how."
)


async def checkpoints(target: DatabaseTarget) -> Finding:
    """Whether the log fits its newest checkpoints, those in the directory too, and events do not wait for one."""
    queries = target.database.checkpoints
    state = await queries.state()
    known = [] if state.size is None or state.root is None else [Checkpoint("the database", state.size, state.root)]
    if target.signed:
        known.append(target.signed._replace(origin="CONSENTFEED_CHECKPOINT_DIR"))
    for one in known:
        if not await _fits(target, state, one):
            return problem(f"the checkpoint over {one.size} events in {one.origin} does not fit the log", _CURE)
    if not target.signs:
        return ok("no key is set: no checkpoints are made")
    if state.size is None:
        return warning("a key is set, and there is no checkpoint yet", "Start a node with this key: it makes one.")
    seen = f"the newest checkpoint covers {state.size} of {state.head + 1} events"
    cure = "See that a node runs with CONSENTFEED_CHECKPOINT_KEY; its log says why it makes no checkpoint."
    return graded(state.waiting, _WAITING_SECONDS, f"{seen}, and the next has waited {state.waiting:.0f} s", cure)


async def _fits(target: DatabaseTarget, state: State, checkpoint: Checkpoint) -> bool:
    if checkpoint.size > state.head + 1:
        return False
    try:
        return await target.database.checkpoints.root(checkpoint.size) == checkpoint.root
    except StatementFailed:
        return False
