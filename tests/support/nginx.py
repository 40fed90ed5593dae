"""A real nginx in front of a node, for what a proxy makes of answers."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.support.ports import accepts, free_port
from tests.support.waiting import wait_until

# Compresses whatever it may.
GZIP: Final = "gzip on; gzip_types *; gzip_min_length 0; gzip_proxied any;"
_CONFIGURATION: Final = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    {http}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{upstream}; {location} }}
    }}
}}
"""


def _program() -> str:
    """nginx, which Debian puts where only root looks."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        pytest.skip("there is no nginx here: apt-get install nginx-light")
    return found


@contextmanager
def nginx(folder: Path, upstream: int, http: str = GZIP, location: str = "") -> Iterator[str]:
    """The URL of an nginx that passes everything on to the port; skips the test where there is none."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION.format(http=http, port=port, upstream=upstream, location=location))
    process = subprocess.Popen([_program(), "-e", "stderr", "-p", str(folder), "-c", str(configuration)])
    try:
        wait_until(lambda: accepts(port) or process.poll() is not None, what="nginx starts")
        assert process.poll() is None, "nginx did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
