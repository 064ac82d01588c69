"""A LangChain retriever for a library on a server or in this process; needs the extra ``langchain``."""

from __future__ import annotations

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import ConfigDict, SkipValidation

from index.records import NO_FILTERS, Filters
from ui.client.results import Source, id_of, metadata_of


class FootnotedRetriever(BaseRetriever):
    """With ``footnotes``, the documents are the quotes of an answer; none if the library has no answer.

    A row of a table has the names of its columns then, and ``metadata["quote"]`` the quote alone.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    source: SkipValidation[Source]
    limit: int = 10
    filters: Filters = NO_FILTERS
    footnotes: bool = False

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        del run_manager
        if self.footnotes:
            return [
                Document(
                    cited.words if cited.headings or cited.lead_in else cited.quote,
                    id=id_of(cited),
                    metadata={
                        **metadata_of(cited),
                        "footnote": cited.id,
                        "verdict": cited.verification.verdict,
                        "quote": cited.quote,
                    },
                )
                for cited in self.source.ask(query, self.filters).citations
            ]
        return [
            Document(found.text, id=id_of(found), metadata={**metadata_of(found), "score": found.score})
            for found in self.source.search(query, self.limit, self.filters).results
        ]
