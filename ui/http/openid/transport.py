"""Sends requests to a provider without proxies or redirects, and refuses a long response."""

from __future__ import annotations

import httpx2

from ui.http.openid.errors import ProviderResponseError

MAX_BYTES = 500_000
"""The maximum length of a provider's response, in bytes."""


class ShortResponses(httpx2.AsyncBaseTransport):
    """Sends each request on a new connection, and refuses a response of more than ``MAX_BYTES``.

    Responses are never decompressed, so that a short response cannot become a long one.
    """

    def __init__(self) -> None:
        self._tls = httpx2.create_ssl_context()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request.

        Raises:
            ProviderResponseError: if the response is too long.
            httpx2.TransportError: if there is no response.
        """
        request.headers["Accept-Encoding"] = "identity"
        body = bytearray()
        async with httpx2.AsyncHTTPTransport(verify=self._tls) as transport:
            response = await transport.handle_async_request(request)
            try:
                async for part in response.aiter_raw():
                    body += part
                    if len(body) > MAX_BYTES:
                        raise ProviderResponseError(f"the response has more than {MAX_BYTES:,} bytes")
            finally:
                await response.aclose()
        kind = {"Content-Type": response.headers.get("content-type", "")}
        return httpx2.Response(response.status_code, headers=kind, content=bytes(body), request=request)
