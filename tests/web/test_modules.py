"""The modules' own tests, in Node's test runner, and the catalogues of texts."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from consentfeed.http.pages import WEB
from tests.web.conftest import has_node

TESTS = sorted(Path(__file__).parent.glob("*.test.js"))
CATALOGUES = sorted(path.name.removeprefix("en").removeprefix("-") for path in (WEB / "texts").glob("en*.js"))


@pytest.mark.parametrize("file", TESTS, ids=lambda path: path.name)
def test_a_modules_own_tests_pass(file: Path) -> None:
    if not has_node():
        pytest.skip("no Node here")
    # They measure pauses of tenths of a second, beside tests that take all of the processor: they go first if they may.
    first = ["nice", "-n", "-10"] if os.geteuid() == 0 else []
    command = [*first, "node", "--test", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def keys(name: str) -> list[str]:
    return re.findall(r"^  '([^']+)':", (WEB / "texts" / name).read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", CATALOGUES)
def test_a_catalogue_has_the_same_keys_in_all_languages(page: str) -> None:
    english, *others = (keys(language + ("" if page == ".js" else "-") + page) for language in ("en", "si", "ta"))
    assert english
    assert len(set(english)) == len(english)
    for other in others:
        assert sorted(other) == sorted(english)


def test_every_text_is_used_and_every_text_used_is_there() -> None:
    known = {key for path in (WEB / "texts").glob("en*.js") for key in keys(path.name)}
    files = [path for path in WEB.rglob("*") if path.suffix in (".js", ".html") and "texts" not in path.parts]
    source = "\n".join(path.read_text() for path in files)
    asked = set(re.findall(r"""\bt\(\s*'([^'$]+)'""", source)) | set(re.findall(r'data-t(?:-\w+)?="([^"]+)"', source))
    assert not asked - known
    # What is put together, as in t(`status.${status}`), uses all that begins so.
    prefixes = tuple(re.findall(r"`([a-z][\w.-]*[.-])\$\{", source))
    unused = {key for key in known if not re.search(rf"""['"]{re.escape(key)}['"]""", source)}
    assert not {key for key in unused if not key.startswith(prefixes)}
