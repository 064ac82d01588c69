"""The server for agents, which speaks the Model Context Protocol (MCP); needs the extra ``mcp``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index.lazy import attributes

if TYPE_CHECKING:
    from ui.mcp.server import MCPEndpoint, serve_stdio

__all__ = ["MCPEndpoint", "serve_stdio"]

__getattr__ = attributes(__name__, {"ui.mcp.server": ("MCPEndpoint", "serve_stdio")})
