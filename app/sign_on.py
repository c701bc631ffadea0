"""Signing in with an identity provider: what the pages and the provider's client say to each other.

The client (`app/oidc.py`) needs the extra `oidc` and is imported only where a provider is set.
"""

import base64
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Protocol, Self
from urllib.parse import urlsplit

from app.errors import Invalid, NotFound, NotSignedIn, Unavailable
from app.language import msgid
from app.settings import Settings, is_loopback

CALLBACK = "/sign-in/oidc/callback"
PACKAGES = ("joserfc", "httpx2")


class SignOnMisconfigured(Invalid):
    """The settings of the provider do not fit together."""

    message = "The service cannot sign people in with a provider: {reason}"


class SignOnOff(NotFound):
    """No provider is set."""

    message = "People do not sign in with a provider here."


class SignOnUnavailable(Unavailable):
    """The provider does not answer, or not as the protocol says."""

    message = "The sign-in service does not answer as it should. Try again in a while."


class SignOnRefused(NotSignedIn):
    """What came back is not to be believed."""

    message = "You were not signed in: {reason}. Try again."
    parts = (
        msgid("this browser has not asked for it, or too long ago"),
        msgid("the sign-in service did not let you through"),
        msgid("another service answered than was asked"),
        msgid("the sign-in service did not accept its own code"),
        msgid("the sign-in service is not to be believed, {reason}"),
        msgid("its token is not signed by it"),
        msgid("its token was made for somebody or something else"),
    )


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A sign-in that this browser has begun; it lies in a cookie of the browser until the provider answers.

    state        comes back with the answer: it shows that this browser asked
    nonce        comes back inside the signed token: it shows that the token was made for this answer
    verifier     whose hash went out (PKCE): whoever catches the code cannot redeem it
    next_path    where to go afterwards
    invitation   secret of the invitation that is being used, or empty
    """

    state: str
    nonce: str
    verifier: str
    next_path: str
    invitation: str = ""

    @classmethod
    def begin(cls, *, next_path: str, invitation: str = "") -> Self:
        """A new one, with 256 random bits in each secret."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state=state, nonce=nonce, verifier=verifier, next_path=next_path, invitation=invitation)

    def to_cookie(self) -> str:
        """As text without quotes or spaces."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode()

    @classmethod
    def find(cls, cookie: str | None) -> Self | None:
        """Inverse of `to_cookie`; what anybody else wrote is none."""
        try:
            fields = json.loads(base64.urlsafe_b64decode(cookie or ""))
            flow = cls(**fields)
        except (ValueError, TypeError, RecursionError):
            return None
        return flow if all(isinstance(value, str) for value in asdict(flow).values()) else None


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What the provider vouches for.

    subject   names the person at this issuer for ever; an address may go to somebody else some day
    email     verified by the issuer, in lower case; None when it does not say so
    """

    issuer: str
    subject: str
    email: str | None
    name: str


class Provider(Protocol):
    """An identity provider."""

    name: str
    issuer: str

    def address_of(self, flow: Flow) -> str:
        """Where the browser is sent.

        Raises:
            SignOnUnavailable.

        """

    def redeem(self, flow: Flow, code: str, *, now: datetime) -> Claims:
        """Exchange the code for what the provider vouches for.

        Raises:
            SignOnRefused, SignOnUnavailable.

        """


def open_provider(settings: Settings) -> Provider | None:
    """The provider of these settings; nothing is asked of it yet.

    Raises:
        SignOnMisconfigured.

    """
    if not settings.oidc_issuer:
        return None
    _check(settings)
    from app.oidc import OidcProvider  # noqa: PLC0415  # needs the extra, see above

    return OidcProvider(settings, callback=settings.public_url + CALLBACK)


def is_safe_address(url: str) -> bool:
    """Whether secrets may go there: TLS, or this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _check(settings: Settings) -> None:
    wrong = {
        "EQUIMARK_OIDC_ISSUER must be an https address": not is_safe_address(settings.oidc_issuer),
        "EQUIMARK_OIDC_CLIENT_ID is not set": not settings.oidc_client_id,
        "EQUIMARK_PUBLIC_URL is not set, and the provider must know where to send people back to": (
            not settings.public_url
        ),
        "accounts are off": not settings.has_accounts,
        "it needs more packages: pip install 'equimark[oidc]'": not all(map(find_spec, PACKAGES)),
    }
    if reason := next((words for words, is_so in wrong.items() if is_so), None):
        raise SignOnMisconfigured(reason=reason)
