"""Pages: each is a frozen dataclass whose fields are all that its template may use."""

import hashlib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.access import Permission

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"
STATIC = Path(__file__).resolve().parent.parent / "static"


class NavLink(NamedTuple):
    """One link of the navigation."""

    href: str
    text: str
    is_current: bool


@dataclass(frozen=True)
class SignedIn:
    """The person whose name stands in the bar, and what they may do on this page's project."""

    user_id: int
    name: str
    permissions: frozenset[Permission]


# set by the gate for each request; nobody without accounts, and nobody on public pages
signed_in: ContextVar[SignedIn | None] = ContextVar("signed_in", default=None)


def may(permission: Permission) -> bool:
    """Whether a page should offer what needs this; the gate decides again when it is asked for."""
    person = signed_in.get()
    return person is None or permission in person.permissions


@dataclass(frozen=True, kw_only=True)
class Page:
    """What base.html uses; subclasses add what their own template uses."""

    template: ClassVar[str]
    page_title: str
    nav: tuple[NavLink, ...] = ()

    @property
    def static_version(self) -> str:
        """Changes whenever a static file does, so that browsers never mix old and new files."""
        return _static_version()


@dataclass(frozen=True, kw_only=True)
class ProblemPage(Page):
    """What templates/problem.html may use: a failed request, for people."""

    template: ClassVar[str] = "problem.html"
    status_words: str
    detail: str
    code: str
    request_id: str


def render(page: Page, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """The page as HTML."""
    context: dict[str, Any] = {field.name: getattr(page, field.name) for field in fields(page)}
    context["static_version"] = page.static_version
    context["person"] = signed_in.get()
    html = environment().get_template(page.template).render(context)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Strict and escaping: a forgotten field or an unescaped name is an error, not a hole."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["percent"] = lambda fraction: "-" if fraction is None else f"{100 * fraction:.1f} %"
    made.filters["count"] = lambda number: f"{number:,}".replace(",", "\N{THIN SPACE}")
    return made


@lru_cache(maxsize=1)
def _static_version() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def project_nav(project_id: int, current: str) -> tuple[NavLink, ...]:
    """The links of a project's pages that one works on; the overview leads to the set-up."""
    pages = {
        "Overview": "",
        "Label": "/label",
        "Images": "/images",
        "Training": "/training",
    }
    return tuple(
        NavLink(f"/projects/{project_id}{path}", text, text == current) for text, path in pages.items()
    )


def script_safe(json: str) -> Markup:
    """JSON that cannot end the script element it stands in: `<`, `>` and `&` only occur inside strings."""
    escaped = json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(escaped)  # noqa: S704  every character that HTML would read is escaped above
