"""Pages: each is a frozen dataclass whose fields are all that its template may use."""

import hashlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app import __version__, language
from app.access import Permission
from app.language import _, languages, spoken

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
# path of the page that is asked for, to come back to when its language is changed
here: ContextVar[str] = ContextVar("here", default="/")


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
    detail: str
    code: str
    request_id: str


def render(page: Page, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    """The page as HTML."""
    context: dict[str, Any] = {field.name: getattr(page, field.name) for field in fields(page)}
    context["static_version"] = page.static_version
    context["served_version"] = served_version()
    context["person"] = signed_in.get()
    context |= {"language": spoken(), "languages": languages().values(), "here": here.get()}
    return html_of(page.template, context, status=status, headers=headers)


def html_of(
    template: str, context: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A template as an answer in the language that is spoken; for `render` and for parts of pages."""
    html = environment().get_template(template).render(context)
    always = {
        "Cache-Control": "no-store",
        "Content-Language": spoken().code,
        "Vary": "Accept-Language, Cookie",
    }
    return HTMLResponse(html, status_code=status, headers={**always, **(headers or {})})


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
    made.globals |= {"_": _in_template, "ngettext": _ngettext_in_template}
    formats: dict[str, Callable[..., str]] = {
        "percent": _percent,
        "count": language.number,
        "kind": lambda kind: _("landmarks") if kind == "landmarks" else kind,  # an attribute's name stays
        "number": language.number,
        "digits": language.digits,
        "date": language.date,
        "moment": language.moment,
        "second": language.second,
    }
    made.filters |= formats
    return made


def _percent(fraction: float) -> str:
    return f"{language.number(100 * fraction, 0 if fraction in (0, 1) else 1)} %"


def _in_template(sentence: str, **values: Any) -> Markup:
    """Translated sentences are trusted markup, like the templates; what fills them is escaped."""
    return Markup(language.catalogue_of(spoken().code).gettext(sentence)).format(**language.isolated(values))  # noqa: S704


def _ngettext_in_template(one: str, many: str, count: int, **values: Any) -> Markup:
    found = language.catalogue_of(spoken().code).ngettext(one, many, count)
    return Markup(found).format(count=language.number(count), **language.isolated(values))  # noqa: S704


def served_version() -> str:
    """Of program and static files: a page that was made by another one is told so (app/http/security.py)."""
    return f"{__version__}-{_static_version()}"


@lru_cache(maxsize=1)
def _static_version() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def project_nav(project_id: int, current: str) -> tuple[NavLink, ...]:
    """The pages of a project that its reader may open; where one labels, only those that one works on."""
    pages = {"Overview": ("", _("Overview"))}
    if may(Permission.LABEL):
        pages["Label"] = ("/label", _("Label"))
    pages |= {"Images": ("/images", _("Images")), "Training": ("/training", _("Training"))}
    if current != "Label":
        pages |= {"Time": ("/time", _("Time"))} | _manager_pages()
    return tuple(
        NavLink(f"/projects/{project_id}{path}", text, name == current)
        for name, (path, text) in pages.items()
    )


def _manager_pages() -> dict[str, tuple[str, str]]:
    if not may(Permission.MANAGE):
        return {}
    people = {"People": ("/people", _("People")), "Audit": ("/audit", _("Audit"))}
    return {"Set-up": ("/setup", _("Set-up"))} | (people if signed_in.get() is not None else {})


def script_safe(json: str) -> Markup:
    """JSON that cannot end the script element it stands in: `<`, `>` and `&` only occur inside strings."""
    escaped = json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return Markup(escaped)  # noqa: S704  every character that HTML would read is escaped above
