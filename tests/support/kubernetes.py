"""What ops/kubernetes/ gives, put together as kustomize does, for machines that have no kubectl."""

from typing import Any, Final

import yaml

from tests.support.process import ROOT

FOLDER: Final = ROOT / "ops" / "kubernetes"
Resource = dict[str, Any]


def read(name: str) -> list[Resource]:
    """The documents of a file."""
    return list(yaml.safe_load_all((FOLDER / name).read_text()))


def kustomization() -> Resource:
    """What kustomize is told."""
    (found,) = read("kustomization.yaml")
    return found


def settings() -> dict[str, str]:
    """The settings that are no secret."""
    lines = (FOLDER / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def resources() -> list[Resource]:
    """Everything that is applied, by the files that kustomization.yaml lists."""
    told = kustomization()
    found = [one for name in told["resources"] for one in read(name)]
    (generated,) = told["configMapGenerator"]
    assert generated["envs"] == ["settings.env"]
    metadata = {"name": generated["name"]}
    found.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": settings()})
    images = {image["name"]: f"{image['newName']}:{image['newTag']}" for image in told["images"]}
    for one in found:
        if one["kind"] != "Namespace":
            one["metadata"]["namespace"] = told["namespace"]
        for container in containers(one):
            container["image"] = images[container["image"]]
    return found


def pod(resource: Resource) -> Resource | None:
    """The pods that it makes."""
    template: Resource = resource.get("spec", {}).get("template", {})
    return template.get("spec")


def containers(resource: Resource) -> list[Resource]:
    """Those of its pods."""
    spec = pod(resource) or {}
    return [*spec.get("initContainers", []), *spec.get("containers", [])]


def only(kind: str) -> Resource:
    """The one resource of this kind."""
    (found,) = (one for one in resources() if one["kind"] == kind)
    return found
