"""Access to language models through llama-index. No other package calls a language model."""

from rag.llm.discovery import (
    LocalServer,
    OfferedModel,
    about,
    list_models,
    local_servers,
    looks_small,
    of_file,
)
from rag.llm.language_model import AT_ONCE, LIMITS_OF_SMALL, LanguageModel, ModelLimits, Prices, Trial
from rag.llm.messages import Reply, Usage
from rag.llm.providers import ModelSettings, open_model

__all__ = [
    "AT_ONCE",
    "LIMITS_OF_SMALL",
    "LanguageModel",
    "LocalServer",
    "ModelLimits",
    "ModelSettings",
    "OfferedModel",
    "Prices",
    "Reply",
    "Trial",
    "Usage",
    "about",
    "list_models",
    "local_servers",
    "looks_small",
    "of_file",
    "open_model",
]
