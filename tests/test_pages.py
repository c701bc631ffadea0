"""Each page's dataclass lists exactly what its template uses."""

import ast
from collections.abc import Iterator
from dataclasses import fields

import pytest
from jinja2 import Environment, meta, nodes

from app.http.pages import TEMPLATES, Page, environment
from app.main import create_app
from app.settings import Settings
from tests.source import ROOT, python_files, tree

ALWAYS_GIVEN = {
    "static_version",
    "served_version",
    "person",
    "language",
    "languages",
    "here",
    "_",
    "ngettext",
}


def _pages(base: type[Page] = Page) -> Iterator[type[Page]]:
    for page in base.__subclasses__():
        yield page
        yield from _pages(page)


create_app(Settings())  # imports every route, and with them every page
PAGES = sorted(set(_pages()), key=lambda page: page.__name__)


def _undeclared(jinja: Environment, template: str) -> set[str]:
    """Variables that the template, or one it extends, includes or imports, takes from outside."""
    assert jinja.loader is not None
    parsed = jinja.parse(jinja.loader.get_source(jinja, template)[0])
    imported = {node.target for node in parsed.find_all(nodes.Import)}  # blocks see what their file imports
    found = meta.find_undeclared_variables(parsed) - imported
    for node in parsed.find_all((nodes.Extends, nodes.Include)):
        assert isinstance(node.template, nodes.Const), f"{template} names a template by a variable"
        found |= _undeclared(jinja, node.template.value) - _set_in(parsed)
    return found


def _set_in(parsed: nodes.Template) -> set[str]:
    """Names that the template itself gives to what it includes: loop variables, `set` and `with`."""
    return {name.name for name in parsed.find_all(nodes.Name) if name.ctx in {"store", "param"}}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_template_uses_exactly_the_fields_of_its_page(page: type[Page]) -> None:
    used = _undeclared(environment(), page.template)

    assert used - ALWAYS_GIVEN == {field.name for field in fields(page)}


def test_every_template_is_used() -> None:
    jinja = environment()
    assert jinja.loader is not None
    used = {page.template for page in PAGES} | _named_in_code()
    left = list(used)
    while left:
        parsed = jinja.parse(jinja.loader.get_source(jinja, left.pop())[0])
        references = parsed.find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport))
        named = {node.template.value for node in references if isinstance(node.template, nodes.Const)}
        left += named - used
        used |= named

    assert {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html")} == used


def _named_in_code() -> set[str]:
    """Fragments that a route renders by themselves."""
    constants = (
        node.value
        for path in python_files("app")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant)
    )
    return {value for value in constants if isinstance(value, str) and value.endswith(".html")}


def test_templates_name_no_other_site() -> None:
    foreign = [
        path.relative_to(ROOT).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if "http://" in path.read_text() or "https://" in path.read_text()
    ]

    assert foreign == []
