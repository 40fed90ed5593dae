"""Proofs from events to the newest checkpoint, for documents that are to verify without us."""

from base64 import b64encode
from collections.abc import Sequence
from itertools import islice

from consentfeed.log.checkpoint import Checkpoint
from consentfeed.log.merkle import inclusion_spans
from consentfeed.log.note import Signer
from consentfeed.postgres.checkpoints import CheckpointQueries


async def newest_checkpoint(checkpoints: CheckpointQueries, signer: Signer | None) -> Checkpoint | None:
    """The newest one; None where no key is set, or none has been made yet."""
    state = await checkpoints.state()
    if signer is None or state.size is None or state.root is None:
        return None
    return Checkpoint(signer.key.name, state.size, state.root)


async def event_proofs(
    checkpoints: CheckpointQueries, events: Sequence[int], checkpoint: Checkpoint | None
) -> list[dict[str, object] | None]:
    """Of each event its proof, None where the checkpoint does not cover it; all hashes in one query."""
    size = checkpoint.size if checkpoint else 0
    paths = [inclusion_spans(seq, size) if seq < size else [] for seq in events]
    spans = [span for path in paths for span in path]
    hashes = iter(await checkpoints.span_hashes(spans) if spans else [])
    return [
        {"index": seq, "size": size, "hashes": [b64encode(one).decode() for one in islice(hashes, len(path))]}
        if seq < size
        else None
        for seq, path in zip(events, paths, strict=True)
    ]
