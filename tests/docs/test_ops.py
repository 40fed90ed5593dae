"""ops/: the alerts and the dashboard ask for metrics that there are, in PromQL that parses."""

import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from consentfeed import metrics
from consentfeed.doctor.checks import OF_THE_DATABASE, OF_THE_URL
from consentfeed.settings import Settings

OPS = Path(__file__).parents[2] / "ops"
# What Prometheus adds to every series by itself.
ADDED = {"instance", "job"}


def known() -> dict[str, set[str]]:
    """The labels of each series."""
    series: dict[str, set[str]] = {"up": set()}
    for metric in (value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)):
        name, labels = metric._name, set(metric._labelnames)
        if metric._type == "histogram":
            series |= {f"{name}_bucket": labels | {"le"}, f"{name}_sum": labels, f"{name}_count": labels}
        else:
            series[name + ("_total" if metric._type == "counter" else "")] = labels
    return series


def rules() -> list[dict[str, Any]]:
    """All rules of alerts.yml."""
    return [rule for group in yaml.safe_load((OPS / "alerts.yml").read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """All panels of dashboard.json."""
    found: list[dict[str, Any]] = json.loads((OPS / "dashboard.json").read_text())["panels"]
    return found


def expressions() -> list[str]:
    """Everything that either file asks Prometheus."""
    asked = [target["expr"].replace("$__rate_interval", "5m") for panel in panels() for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + asked


def selectors(node: Any) -> Iterator[Any]:
    """The series that an expression selects."""
    if isinstance(node, promql_parser.VectorSelector):
        yield node
    elif isinstance(node, promql_parser.MatrixSelector):
        yield node.vector_selector
    for name in ("lhs", "rhs", "expr", "args"):
        inner = getattr(node, name, ())
        for child in inner if isinstance(inner, (list, tuple)) else (inner,):
            yield from selectors(child)


def labels_of(node: Any) -> set[str]:
    """The labels that an expression groups by."""
    return set(re.findall(r"\w+", ",".join(re.findall(r"\b(?:by|on|without) ?\(([^)]*)\)", node))))


@pytest.mark.parametrize("expression", expressions())
def test_what_is_asked_is_promql_about_series_and_labels_that_there_are(expression: str) -> None:
    series = known()
    asked = list(selectors(promql_parser.parse(expression)))
    assert len(asked) == len(re.findall(r"\b(?:consentfeed_\w+|up)\b", expression)) > 0
    for selector in asked:
        assert selector.name in series
        assert {matcher.name for matcher in selector.matchers.matchers} <= series[selector.name] | ADDED
        assert labels_of(expression) <= series[selector.name] | ADDED


def test_values_of_labels_that_alerts_ask_for_are_shown_from_the_beginning() -> None:
    shown = {
        (sample.name, label, value)
        for family in metrics.registry.collect()
        for sample in family.samples
        for label, value in sample.labels.items()
    }
    # Set where a node is put together.
    reasons = ("deaf", "behind", "damaged", "read-only", "draining")
    shown |= {("consentfeed_not_ready", "reason", reason) for reason in reasons}
    for rule in rules():
        for selector in selectors(promql_parser.parse(rule["expr"])):
            for matcher in selector.matchers.matchers:
                if matcher.name not in ADDED | {"status"}:
                    for value in matcher.value.split("|"):
                        assert (selector.name, matcher.name, value) in shown, rule["alert"]


def test_every_alert_says_what_is_the_matter_and_what_to_do() -> None:
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 15
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in ("page", "warn")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert len(rule["annotations"]["description"]) > 60
        assert rule["annotations"]["description"].endswith(".")
        assert set(re.findall(r"\$labels\.(\w+)", json.dumps(rule))) <= set.union(*known().values()) | ADDED
        for setting in re.findall(r"CONSENTFEED_(\w+)", rule["annotations"]["description"]):
            assert setting.lower() in {one.name for one in fields(Settings)}


def test_alerts_send_to_checks_of_the_doctor_that_there_are() -> None:
    names = {**OF_THE_DATABASE, **OF_THE_URL}
    for rule in rules():
        text = rule["annotations"]["description"]
        for said in re.findall(r"checks? ((?:`\w+`(?: and )?)+)", text):
            assert set(re.findall(r"`(\w+)`", said)) <= set(names), rule["alert"]


def test_every_metric_is_on_the_dashboard_or_alerted() -> None:
    text = " ".join(expressions())
    unwatched = {
        value._name
        for value in vars(metrics).values()
        if isinstance(value, MetricWrapperBase) and not re.search(rf"\b{value._name}(_\w+)?\b", text)
    }
    assert unwatched == set()


def test_every_panel_has_a_place_of_its_own_a_title_and_a_description() -> None:
    assert len({panel["id"] for panel in panels()}) == len({panel["title"] for panel in panels()}) == len(panels())
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}
    assert len(places) == len(panels())
    assert all(panel["description"].endswith(".") and panel["targets"] for panel in panels())
