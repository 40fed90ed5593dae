"""Metrics of several workers as those of one machine."""

from prometheus_client.parser import text_string_to_metric_families

from consentfeed import metrics
from consentfeed.node.summed import Family, Sample, add, of_machine, own_families, retired

DECISIONS = "consentfeed_decisions"


def counter(changed: float, born: float) -> Family:
    labels = {"outcome": "changed"}
    return Family(
        DECISIONS, "Decisions.", "counter",
        [Sample(f"{DECISIONS}_total", labels, changed), Sample(f"{DECISIONS}_created", labels, born)],
    )  # fmt: skip


def gauge(value: float) -> Family:
    return Family("consentfeed_streams_open", "Streams.", "gauge", [Sample("consentfeed_streams_open", {}, value)])


def test_counters_are_summed_and_gauges_shown_by_worker() -> None:
    families = of_machine({1: [counter(3, 100), gauge(7)], 2: [counter(4, 90), gauge(8)]}, [], [])
    assert {family.name: family.samples for family in families} == {
        DECISIONS: [
            Sample(f"{DECISIONS}_total", {"outcome": "changed"}, 7),
            Sample(f"{DECISIONS}_created", {"outcome": "changed"}, 90),
        ],
        "consentfeed_streams_open": [
            Sample("consentfeed_streams_open", {"worker": "1"}, 7),
            Sample("consentfeed_streams_open", {"worker": "2"}, 8),
        ],
    }


def test_what_a_worker_had_counted_stays_when_it_is_gone_and_its_gauges_do_not() -> None:
    gone = add([[], retired([counter(3, 100), gauge(7)])])
    families = of_machine({1: [counter(1, 200), gauge(2)]}, gone, [])
    samples = {sample.name: sample.value for family in families for sample in family.samples}
    assert samples == {f"{DECISIONS}_total": 4, f"{DECISIONS}_created": 100, "consentfeed_streams_open": 2}


def test_prometheus_reads_what_was_summed_as_it_reads_one_process() -> None:
    own = own_families() + own_families(of_supervisor=True)
    summed = metrics.exposition(of_machine({1: own}, [], [])).decode()
    alone = metrics.exposition().decode()
    assert [(one.name, one.type) for one in text_string_to_metric_families(summed)] == [
        (one.name, one.type)
        for one in sorted(text_string_to_metric_families(alone), key=lambda one: own_order(one.name))
    ]


def own_order(name: str) -> bool:
    return name.startswith("consentfeed_workers")
