"""Middleware: clients behind proxies, limits on request bodies, compression, caching, security headers."""

from ui.http.middleware.body_limits import UPLOAD, BodyLimit, LengthCheck
from ui.http.middleware.caching import CacheForever, CompressLibrary
from ui.http.middleware.forwarded import ForwardedClients, is_forwarded
from ui.http.middleware.security_headers import PageHeaders

__all__ = [
    "UPLOAD",
    "BodyLimit",
    "CacheForever",
    "CompressLibrary",
    "ForwardedClients",
    "LengthCheck",
    "PageHeaders",
    "is_forwarded",
]
