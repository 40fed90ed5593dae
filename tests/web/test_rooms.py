"""The rooms of the pages: a file loads only what its room may, and all that it loads is there."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from consentfeed.http.pages import PAGES, PASSWORD_PAGE, WEB

HERE = Path(__file__).parent
ESLINT = HERE / "node_modules" / ".bin" / "eslint"
NAMES = ["signin", "evidence", "reference", *(path.removeprefix("/") for path in (*PAGES, PASSWORD_PAGE, "/missing"))]

ALLOWED = {
    "csr/one.js": "import '../shared/dom.js'; import '../feed/feed.js'; import '../texts/en.js'; import './card.js';",
    "shared/one.js": "import '../feed/feed.js'; import './dom.js'; await import(`../texts/${'en'}.js`);",
    "feed/one.js": "import './sse.js'; export * from './ring.js'; await import('./host.js');",
    "csr/two.js": "/** @type {import('../shared/api.js').ApiError | import('./list.js').Row | null} */ export let one;",
}
REFUSED = {
    "csr/to-a-page.js": "import '../admin/forms.js';",
    "csr/by-a-detour.js": "import './../admin/forms.js';",
    "csr/at-runtime.js": "await import('../admin/forms.js');",
    "csr/by-address.js": "await import('/web/admin/forms.js');",
    "csr/by-a-name.js": "const name = '../admin/forms.js'; await import(name);",
    "csr/by-a-template.js": "await import(`../admin/${'forms'}.js`);",
    "csr/a-type.js": "/** @type {import('../admin/users.js').Account | null} */ export let one;",
    "csr/a-type-by-a-tag.js": "/** @import {Account} from '../admin/users.js' */",
    "csr/a-package.js": "import 'lodash';",
    "csr/passed-on.js": "export * from '../admin/forms.js';",
    "csr/passed-on-by-name.js": "export { confirm } from '../admin/forms.js';",
    "csr/deeper/one.js": "import './two.js';",
    "shared/to-a-page.js": "import '../csr/card.js';",
    "feed/to-shared.js": "import '../shared/dom.js';",
    "feed/to-texts.js": "await import(`../texts/${'en'}.js`);",
    "texts/to-shared.js": "import '../shared/dom.js';",
    "reports/a-new-room.js": "export const one = 1;",
    "in-no-room.js": "export const one = 1;",
}


@pytest.mark.parametrize(("files", "refused"), [(ALLOWED, False), (REFUSED, True)], ids=["allowed", "refused"])
def test_a_file_imports_only_what_its_room_may(tmp_path: Path, files: dict[str, str], refused: bool) -> None:
    if not ESLINT.exists():
        pytest.skip("eslint is not installed: no npm here")
    web = tmp_path / "consentfeed" / "web"
    for name, text in files.items():
        (web / name).parent.mkdir(parents=True, exist_ok=True)
        (web / name).write_text(f"{text}\n")
    command = [str(ESLINT), "-c", str(HERE / "eslint.config.js"), "--format", "json", "consentfeed/web"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    wrong = {
        str(Path(file["filePath"]).relative_to(web)): [one["ruleId"] for one in file["messages"]]
        for file in json.loads(done.stdout)
    }
    assert set(wrong) == set(files)
    assert {name for name, rules in wrong.items() if rules} == (set(files) if refused else set())
    assert {rule for rules in wrong.values() for rule in rules} <= {"no-restricted-syntax", "no-warning-comments"}


@pytest.mark.parametrize("page", NAMES)
def test_a_page_loads_what_is_there_in_its_own_room_or_shared(page: str) -> None:
    markup = (WEB / page / f"{page}.html").read_text()
    files = [WEB / path for path in re.findall(r'"/web/([^"]*)"', markup)]
    assert {file.suffix for file in files} == {".css", ".js", ".svg"}
    assert [file for file in files if not file.is_file()] == []
    assert {file.parent.name for file in files} == {page, "shared"}


def test_every_page_has_a_room() -> None:
    pages = {"/signin", "/missing", "/evidence", "/reference", *PAGES, PASSWORD_PAGE}
    assert {f"/{page.parent.name}" for page in WEB.rglob("*.html")} == pages
