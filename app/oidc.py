"""OpenID Connect: the authorisation code flow with PKCE, as a relying party with one issuer.

Checked of an ID token (OpenID Connect Core 1.0, 3.1.3.7): a signature by a key of the issuer with an
asymmetric algorithm; `iss` is the issuer, letter by letter; `aud` is this client and nobody else; `azp`,
where there is one, is this client; it has not expired and is not from the future; `nonce` is this browser's.
"""

import hashlib
import hmac
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx2
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app.settings import Settings
from app.sign_on import Claims, Flow, SignOnRefused, SignOnUnavailable, is_safe_address

SCOPES = "openid email profile"
# asymmetric ones alone: with HS256 the client's secret, or a public key taken for one, could sign
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519")
LEEWAY_SECONDS = 60  # between two clocks
ANSWER_SECONDS = 5.0
ANSWER_BYTES = 2**20
EMAIL_LENGTH = 320
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
log = structlog.get_logger()


class OidcProvider:
    """One issuer, whose description and keys are read when they are first needed."""

    def __init__(self, settings: Settings, *, callback: str) -> None:
        self.name, self.issuer = settings.oidc_name, settings.oidc_issuer
        self._client_id, self._callback = settings.oidc_client_id, callback
        self._secret = settings.oidc_client_secret.get_secret_value()
        self._lock = threading.Lock()
        self._described: Mapping[str, Any] | None = None
        self._keys: KeySet | None = None

    def address_of(self, flow: Flow) -> str:
        """The issuer's authorisation endpoint with what it must send back."""
        challenge = urlsafe_b64encode(hashlib.sha256(flow.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._callback,
            "scope": SCOPES,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = self._description()["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def redeem(self, flow: Flow, code: str, *, now: datetime) -> Claims:
        """Ask for the token of a code, and believe it only when everything fits."""
        claims = self._verified(self._token_of(flow, code))
        self._check(claims, flow, now.timestamp())
        return Claims(
            issuer=self.issuer,
            subject=claims["sub"],
            email=_verified_email(claims),
            name=str(claims.get("name") or claims.get("preferred_username") or ""),
        )

    def _token_of(self, flow: Flow, code: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "client_id": self._client_id,
            "code_verifier": flow.verifier,
        }
        credentials = self._credentials()
        if credentials is None:
            form["client_secret"] = self._secret
        answer = _asked("POST", self._description()["token_endpoint"], data=form, auth=credentials)
        if answer.status_code in {
            400,
            401,
        }:  # which of the two the log says: a wrong secret looks like this, too
            log.warning("sign_on_code_refused", status=answer.status_code)
            raise SignOnRefused(reason="the sign-in service did not accept its own code")
        token = _plain(answer).get("id_token")
        if not isinstance(token, str):
            raise SignOnUnavailable
        return token

    def _credentials(self) -> httpx2.BasicAuth | None:
        """The secret in a header, unless the issuer takes it in the form alone (RFC 6749, 2.3.1)."""
        methods = self._description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if not self._secret or "client_secret_basic" not in methods:
            return None
        return httpx2.BasicAuth(quote(self._client_id, safe=""), quote(self._secret, safe=""))

    def _verified(self, token: str) -> Mapping[str, Any]:
        """The claims under a good signature; where the issuer has a new key, its keys are read once more."""
        try:
            try:
                return jwt.decode(token, self._key_set(), algorithms=ALGORITHMS).claims
            except InvalidKeyIdError:
                return jwt.decode(token, self._key_set(anew=True), algorithms=ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise _refused("its token is not signed by it", error=type(error).__name__) from error

    def _check(self, claims: Mapping[str, Any], flow: Flow, now: float) -> None:
        ours = ([self._client_id], self._client_id)
        faults = {
            "iss": claims.get("iss") != self.issuer,
            "aud": claims.get("aud") not in ours,
            "azp": claims.get("azp", self._client_id) != self._client_id,
            "sub": not _is_subject(claims.get("sub")),
            "exp": not _is_time(claims.get("exp")) or claims["exp"] <= now - LEEWAY_SECONDS,
            "iat": not _is_time(claims.get("iat")) or claims["iat"] > now + LEEWAY_SECONDS,
            "nonce": not hmac.compare_digest(_bytes(claims.get("nonce")), flow.nonce.encode()),
        }
        if wrong := [name for name, is_wrong in faults.items() if is_wrong]:
            raise _refused("its token was made for somebody or something else", claims=wrong)

    def _description(self) -> Mapping[str, Any]:
        """The issuer's own description (OpenID Connect Discovery 1.0); it must name the same issuer."""
        with self._lock:
            if self._described is None:
                url = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
                told = _plain(_asked("GET", url))
                is_sound = told.get("issuer") == self.issuer and all(
                    isinstance(told.get(each), str) and is_safe_address(told[each]) for each in ENDPOINTS
                )
                if not is_sound:
                    log.warning("sign_on_description_unsound", issuer=str(told.get("issuer"))[:200])
                    raise SignOnUnavailable
                self._described = told
            return self._described

    def _key_set(self, *, anew: bool = False) -> KeySet:
        url = self._description()["jwks_uri"]
        with self._lock:
            if self._keys is None or anew:
                self._keys = KeySet.import_key_set(_plain(_asked("GET", url)))  # type: ignore[arg-type]
            return self._keys


def _asked(method: str, url: str, **request: Any) -> httpx2.Response:
    """One request; redirects are not followed, since the secret would go along."""
    try:
        with httpx2.Client(timeout=ANSWER_SECONDS, follow_redirects=False) as client:
            return client.request(method, url, headers={"Accept": "application/json"}, **request)
    except httpx2.HTTPError as error:
        log.warning("sign_on_unreachable", error=type(error).__name__)
        raise SignOnUnavailable from error


def _plain(answer: httpx2.Response) -> dict[str, Any]:
    try:
        told = answer.json() if answer.status_code == 200 and len(answer.content) <= ANSWER_BYTES else None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        log.warning("sign_on_answer_unsound", status=answer.status_code)
        raise SignOnUnavailable
    return told


def _verified_email(claims: Mapping[str, Any]) -> str | None:
    """The address, if the issuer says in so many words that it is the person's own."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    email = email.strip().lower()
    return email if "@" in email and email.isprintable() and len(email) <= EMAIL_LENGTH else None


def _is_subject(value: object) -> bool:
    """At most 255 ASCII characters (OpenID Connect Core 1.0, 2)."""
    return isinstance(value, str) and 1 <= len(value) <= 255 and value.isascii() and value.isprintable()


def _bytes(value: object) -> bytes:
    return str(value).encode("utf-8", "replace")


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refused(reason: str, **detail: object) -> SignOnRefused:
    log.warning("sign_on_token_refused", **detail)
    return SignOnRefused(reason=f"the sign-in service is not to be believed, {reason}")
