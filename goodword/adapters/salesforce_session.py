"""The way to Salesforce: log-in, time-outs, sessions that expire, quotas, and its errors.

simple-salesforce sets no time-outs, and on a 401 logs in again without bound, dropping the
request's own headers. So it is given a session that does these itself: everything goes over the
wire through `CrmSession.request`, and the library's own refresh is never used.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections import deque
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import jwt
import requests
from requests.auth import AuthBase
from simple_salesforce.api import Salesforce as Client
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from simple_salesforce.login import SalesforceLogin

from goodword.adapters.crm import (
    CrmError,
    CrmRefused,
    CrmRefusedLogin,
    CrmUnreachable,
    RequestLimit,
    TooManyLogins,
)
from goodword.adapters.salesforce_access import Patience, SalesforceAccess, StandIn

API_VERSION = "62.0"

LOGINS, LOGIN_SECONDS = 3, 60
"""At most so many log-ins in so many seconds: Salesforce locks users who try more."""

QUOTA_PERCENT = 80
"""Of the org's requests of 24 hours; the rest is left to its other integrations."""

_LOGIN_PATH = "/services/oauth2/token"
_REDIRECTION, _UNAUTHORIZED, _TOO_MANY, _SERVER_ERROR = 300, 401, 429, 500
_LONGEST_MESSAGE = 500
# what an answer below 500 may say although the same request can succeed later
_TEMPORARY = frozenset({"QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNABLE_TO_LOCK_ROW"})
_CHECK_SETTINGS = (
    "check GOODWORD_SALESFORCE_DOMAIN (a My Domain such as acme.my, not login), _CONSUMER_KEY and "
    "_CONSUMER_SECRET (or _USERNAME and _PRIVATE_KEY_FILE), and that the connected app allows this "
    "flow and this user"
)


class Usage(NamedTuple):
    """The org's requests of the last 24 hours, as the last answer told them."""

    used: int
    allowed: int

    @property
    def is_spent(self) -> bool:
        """Whether our share of them is used up."""
        return self.used * 100 >= self.allowed * QUOTA_PERCENT


class CrmSession(requests.Session):
    """A session that logs in when it must, and raises a CrmError for every answer that is none.

    What is sent again after a 401 is the whole request, with its headers and its body. Safe for
    threads: whoever finds the session expired renews it once, for all.
    """

    def __init__(self, access: SalesforceAccess, patience: Patience) -> None:
        super().__init__()
        self._access = access
        self._timeout = (patience.connect, patience.read)
        self._token = ""
        self._host = ""
        self._logins: deque[float] = deque(maxlen=LOGINS)
        self._lock = threading.Lock()
        self.usage: Usage | None = None
        self.adapters.pop("http://")  # Salesforce is reached over TLS or not at all
        if access.api_base is not None:
            self.mount("https://", StandIn(access.api_base))
            self.trust_env = False  # a proxy of the environment does not know our loopback

    def open(self) -> Client:
        """Log in and return simple-salesforce's client over this session.

        Raises:
            CrmRefusedLogin: the credentials or the user are refused.
            CrmUnreachable: no answer.
        """
        self._log_in(rejected="")
        return Client(
            session=self,
            session_id="given by the session",
            instance=self._host,
            version=API_VERSION,
            parse_float=Decimal,
            object_pairs_hook=None,
        )

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request; every call of requests and of simple-salesforce comes here.

        Raises:
            CrmError: one of its classes, for no answer and for any that is not a success.
        """
        if urlsplit(url).path == _LOGIN_PATH:
            return self._send(method, url, *args, **kwargs, auth=_Bearer(None))
        if self.usage is not None and self.usage.is_spent and method != "GET":
            raise RequestLimit(*self.usage)
        for _ in range(LOGINS):
            token = self._token
            response = self._send(method, url, *args, **kwargs, auth=_Bearer(token))
            if response.status_code != _UNAUTHORIZED:
                return self._accept(response)
            self._log_in(rejected=token)
        raise TooManyLogins(LOGINS, LOGIN_SECONDS)

    def _send(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:
        """Send once, within the time-outs, following no redirection with our token."""
        kwargs |= {"timeout": self._timeout, "allow_redirects": False}
        try:
            response = super().request(method, url, *args, **kwargs)
        except requests.RequestException as error:
            where = f"{method} {urlsplit(url).netloc}{urlsplit(url).path}"
            raise CrmUnreachable(f"{where} {_what_happened(error)}") from None
        if response.status_code == _TOO_MANY or response.status_code >= _SERVER_ERROR:
            raise _busy(response, *_code_and_message(response))
        return response

    def _accept(self, response: requests.Response) -> requests.Response:
        usage = Client.parse_api_usage(response.headers.get("Sforce-Limit-Info", ""))
        if (told := usage.get("api-usage")) is not None:
            self.usage = Usage(told.used, told.total)
        if response.status_code >= _REDIRECTION:
            raise self._refusal(response)
        # what a read answered is given up; what was written must not look as if it were not
        if self.usage is not None and self.usage.is_spent and response.request.method == "GET":
            raise RequestLimit(*self.usage)
        return response

    def _refusal(self, response: requests.Response) -> CrmError:
        code, message = _code_and_message(response)
        if code == "REQUEST_LIMIT_EXCEEDED" and "concurrent" not in message.lower():
            return RequestLimit(*(self.usage or (None, None)))
        if code in _TEMPORARY or code == "REQUEST_LIMIT_EXCEEDED":
            return _busy(response, code, message)
        return CrmRefused(code, self._without_secrets(message))

    def _log_in(self, rejected: str) -> None:
        """Get a new session unless another thread has already replaced the rejected one."""
        with self._lock:
            if self._token != rejected:
                return
            now = time.monotonic()
            if len(self._logins) == LOGINS and now - self._logins[0] < LOGIN_SECONDS:
                raise TooManyLogins(LOGINS, LOGIN_SECONDS)
            self._logins.append(now)
            try:
                self._token, self._host = self._ask_for_token()
            except CrmUnreachable:
                self._logins.pop()  # nobody judged the credentials
                raise

    def _ask_for_token(self) -> tuple[str, str]:
        access, key = self._access, self._access.private_key()
        try:
            with warnings.catch_warnings():  # the library warns with the consumer key in an address
                warnings.simplefilter("ignore")
                token, host = SalesforceLogin(
                    session=self,
                    domain=access.domain,
                    consumer_key=access.consumer_key,
                    # a secret and a username together would make it the password flow
                    consumer_secret=access.consumer_secret if key is None else None,
                    username=access.username if key is not None else None,
                    privatekey=key,
                )
        except SalesforceAuthenticationFailed as error:
            why = self._without_secrets(f"{error.code}: {error.auth_message}")
            raise CrmRefusedLogin(why, _CHECK_SETTINGS) from None
        except (jwt.PyJWTError, ValueError):
            why = f"{access.private_key_file} holds no private key for RS256"
            raise CrmRefusedLogin(why, "write the PEM that signs for the connected app") from None
        except AttributeError:  # the library takes any JSON of a 200 for a token
            raise CrmUnreachable("the log-in was answered without a session") from None
        return str(token), str(host)

    def _without_secrets(self, message: str) -> str:
        """Blot out what a server repeats of what we sent it."""
        for secret in (self._token, self._access.consumer_secret, self._access.consumer_key):
            message = message.replace(secret, "********") if secret else message
        return message[:_LONGEST_MESSAGE]


class _Bearer(AuthBase):
    """Puts the session's token in place of any other; None leaves the request as it is.

    Given on every request, it also keeps requests from looking into the user's .netrc.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _code_and_message(response: requests.Response) -> tuple[str, str]:
    """Read `[{"errorCode": …, "message": …}]`; anything else is named by its HTTP status."""
    try:
        first = response.json()[0]
        return str(first["errorCode"]), str(first.get("message", ""))
    except (requests.JSONDecodeError, LookupError, TypeError, AttributeError):
        return f"HTTP {response.status_code}", response.text


def _busy(response: requests.Response, code: str, message: str) -> CrmUnreachable:
    wait = response.headers.get("Retry-After", "")
    return CrmUnreachable(
        f"it answered {response.status_code} {code}: {message[:_LONGEST_MESSAGE]}",
        retry_after_seconds=float(wait) if wait.isdecimal() else None,
    )


def _what_happened(error: requests.RequestException) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "was not connected in time"
    if isinstance(error, requests.Timeout):
        return "was not answered in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "was answered in part, then the connection broke"
    if isinstance(error, requests.ConnectionError):
        return "found no connection, or lost it"
    return f"failed with {type(error).__name__}"
