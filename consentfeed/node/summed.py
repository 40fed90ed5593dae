"""The metrics of several workers as those of one machine: what only grows is summed, gauges are shown by worker."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from consentfeed import metrics


class Sample(NamedTuple):
    """One number of a metric."""

    name: str
    labels: dict[str, str]
    value: float


class Family(NamedTuple):
    """A metric with its numbers; type: as Prometheus has it."""

    name: str
    help: str
    type: str
    samples: list[Sample]

    @property
    def grows(self) -> bool:
        """Whether its numbers are sums, and stay when the process that counted them is gone."""
        return self.type in {"counter", "histogram"}


def own_families(*, of_supervisor: bool = False) -> list[Family]:
    """The metrics of this process: a supervisor's are about its workers, a worker's about all else."""
    return [
        Family(family.name, family.documentation, family.type, [Sample(*sample[:3]) for sample in family.samples])
        for family in metrics.registry.collect()
        if family.name.startswith("consentfeed_workers") == of_supervisor
    ]


def retired(gone: list[Family]) -> list[Family]:
    """What stays of a process that is gone."""
    return [family for family in gone if family.grows]


def add(families: Iterable[list[Family]]) -> list[Family]:
    """The same metrics of several processes: numbers with the same labels are summed, of times the first counts."""
    added: dict[str, tuple[Family, dict[tuple[str, ...], Sample]]] = {}
    for family in (one for of_process in families for one in of_process):
        _, samples = added.setdefault(family.name, (family, {}))
        for sample in family.samples:
            key = (sample.name, *sorted(f"{name}={value}" for name, value in sample.labels.items()))
            before = samples.get(key)
            samples[key] = _sum(before, sample) if before else sample
    return [Family(one.name, one.help, one.type, list(samples.values())) for one, samples in added.values()]


def _sum(one: Sample, other: Sample) -> Sample:
    born = one.name.endswith("_created")
    value = min(one.value, other.value) if born else one.value + other.value
    return Sample(one.name, one.labels, value)


def of_machine(workers: Mapping[int, list[Family]], gone: list[Family], own: list[Family]) -> list[Family]:
    """workers: what each has counted, by number; gone: what stays of those before; own: of the supervisor itself."""
    labelled = [[_by_worker(family, number) for family in families] for number, families in workers.items()]
    return add([*labelled, gone, own])


def _by_worker(family: Family, number: int) -> Family:
    if family.grows:
        return family
    samples = [Sample(one.name, {**one.labels, "worker": str(number)}, one.value) for one in family.samples]
    return Family(family.name, family.help, family.type, samples)
