"""A real identity provider for tests: it listens on a port of this machine and signs with a key of its own.

It lets in whoever `person` says, asks for nothing, and holds its client to the protocol: code once, redirect
address, client secret, PKCE. What a forged or faulty provider would say is set in `twist`.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "equimark-of-the-tests", "secret: of/the tests"
ANN = {"sub": "248289761001", "email": "ann@example.org", "email_verified": True, "name": "Ann Example"}


@dataclass
class Twist:
    """How this provider differs from an honest one.

    claims        changed in the token; None leaves one out
    description   changed in its own description
    key           another key than the one it publishes
    shared        signed with these bytes as a shared key (HS256), without any when they are empty
    """

    claims: dict[str, Any] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    key: RSAKey | None = None
    shared: bytes | None = None


class IdentityProvider:
    """One provider, from `with` to the end of the block."""

    def __init__(self, *, now: float) -> None:
        self.now, self.person, self.twist = now, dict(ANN), Twist()
        self.asked: list[dict[str, str]] = []  # what each browser was sent here with
        self.key = new_key()
        self._codes: dict[str, dict[str, str]] = {}
        routes = {
            "/.well-known/openid-configuration": self._describe,
            "/authorize": self._authorise,
            "/keys": self._keys,
        }
        app = Starlette(
            routes=[
                *(Route(path, answer) for path, answer in routes.items()),
                Route("/token", self._token, methods=["POST"]),
            ]
        )
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        """Start it and wait until it listens."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.issuer = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._server.should_exit = True
        self._thread.join(10)

    def visit(self, address: str) -> str:
        """What a browser does that is sent here: returns the address it is sent back to."""
        asked = dict(parse_qsl(address.partition("?")[2], keep_blank_values=True))
        self.asked.append(asked)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def change_key(self) -> None:
        """As providers do now and then."""
        self.key = new_key()

    async def _describe(self, _: Request) -> Response:
        told = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return JSONResponse({**told, **self.twist.description})

    async def _authorise(self, request: Request) -> Response:
        return RedirectResponse(self.visit(str(request.url)), 302)

    async def _keys(self, _: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_sound = (
            asked is not None
            and _secret_of(request) == (CLIENT_ID, CLIENT_SECRET)
            and form["redirect_uri"] == asked["redirect_uri"]
            and form["grant_type"] == "authorization_code"
            and challenge.rstrip(b"=").decode() == asked["code_challenge"]
            and asked["code_challenge_method"] == "S256"
        )
        if not is_sound:
            return JSONResponse({"error": "invalid_grant"}, 400)
        assert asked is not None
        return JSONResponse(
            {"access_token": "unused", "token_type": "Bearer", "id_token": self._signed(asked)}
        )

    def _signed(self, asked: dict[str, str]) -> str:
        told = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "iat": int(self.now),
            "exp": int(self.now) + 300,
            "nonce": asked["nonce"],
            **self.person,
            **self.twist.claims,
        }
        claims = {name: value for name, value in told.items() if value is not None}
        header = {"alg": "RS256", "kid": self.key.kid}
        if self.twist.shared is not None:
            return _signed_with_shared(claims, self.twist.shared, {**header, "alg": "HS256"})
        return jwt.encode(header, claims, self.twist.key or self.key)


def new_key() -> RSAKey:
    """A key pair with a name."""
    return RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})


def _signed_with_shared(claims: dict[str, Any], key: bytes, header: dict[str, Any]) -> str:
    """Made by hand, since no sound library makes such tokens with such keys."""
    if not key:
        header = {"alg": "none"}
    text = ".".join(_part(json.dumps(each).encode()) for each in (header, claims))
    return f"{text}.{_part(hmac.digest(key, text.encode(), 'sha256')) if key else ''}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _secret_of(request: Request) -> tuple[str, str] | None:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return None
    name, _, secret = base64.b64decode(given).decode().partition(":")
    return unquote(name), unquote(secret)
