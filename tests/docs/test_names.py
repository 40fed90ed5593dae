"""What the docs name exists: files, headings, functions, classes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "benchmarks" / "README.md",
    ROOT / "requirements" / "README.md",
    ROOT / "sql" / "README.md",
)
FOLDERS = ("benchmarks", "consentfeed", "docs", "ops", "requirements", "sql", "tests")
# Files that commands make, and a pattern of names.
NOT_KEPT = {"head.txt", "results/latest.md", "latest.json", "latest.svg", ".env", "migrations/NNNN_words.sql"}
FILE = re.compile(r"(?:[\w.-]+/)*[\w-]*\.(?:py|sql|md|js|mjs|json|toml|yml|html|css|sh|c|h|svg|txt|conf|env|example)")
FOLDER = re.compile(r"(?:[\w.-]+/)+")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```$|^    .*?$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def codes(page: Path) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`\n]+)`", prose(page))


def files() -> Iterator[str]:
    """All files of the project, by their path."""
    for folder in FOLDERS:
        yield folder
        for path in (ROOT / folder).rglob("*"):
            if "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT))
    yield from (path.name for path in ROOT.iterdir() if path.is_file())


@pytest.fixture(scope="module")
def ends() -> set[str]:
    """Every file's path, and each end of it that a page may call it by: a/b/c.py, b/c.py, c.py."""
    return {"/".join(path.split("/")[start:]) for path in files() for start in range(path.count("/") + 1)}


@pytest.fixture(scope="module")
def source() -> str:
    """All Python, JavaScript and SQL of the product and its tests."""
    suffixes = (".py", ".sql", ".js")
    return "\n".join((ROOT / path).read_text() for path in files() if path.endswith(suffixes))


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_a_page_names_exists(page: Path, ends: set[str]) -> None:
    named = [code for code in codes(page) if FILE.fullmatch(code) or FOLDER.fullmatch(code)]
    assert not [name for name in named if name.rstrip("/") not in ends | NOT_KEPT]


def test_names_of_files_are_found() -> None:
    named = [code for page in PAGES for code in codes(page) if FILE.fullmatch(code)]
    assert len(named) > 40


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_function_that_a_page_names_exists(page: Path, source: str) -> None:
    named = {match[1] for code in codes(page) if (match := re.fullmatch(r"(?:\w+\.)*(\w+)\(\)", code))}
    # Functions of PostgreSQL itself are called somewhere, ours are defined somewhere: either way the name stands there.
    assert not [name for name in named if not re.search(rf"\b{name}\b", source)]


def test_every_class_that_the_architecture_page_names_exists() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "consentfeed").rglob("*.py"))
    named = {code for code in codes(ROOT / "docs" / "architecture.md") if re.fullmatch(r"(?:[A-Z][a-z]+)+", code)}
    assert len(named) >= 10
    assert not [name for name in named if f"class {name}" not in source]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", prose(page)):
        path, _, heading = target.partition("#")
        file = (page.parent / path) if path else page
        assert file.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", prose(file), re.MULTILINE)
            assert heading in [re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings], target
