"""Places in reports, as links of an answer that open the source there.

A link's target carries all that the script beside the page needs to open the source, because the view's
sanitiser removes ``data-*`` attributes: ``#cite-DOCUMENT-VERSION-START-END``.
"""

from __future__ import annotations

from rag.answers import Citation, Copy, Passage
from ui.page.locales import Locale
from ui.page.markup.escaping import escape


def source_target(place: Citation | Copy | Passage) -> str:
    """The link target that opens the source panel at the exact words of a citation, its copy or a passage."""
    return f"#cite-{place.document_id}-{place.version}-{place.start}-{place.end}"


def mark_markup(cited: Citation, locale: Locale) -> str:
    """The mark of a footnote, which opens the source at the quoted words."""
    number, title = str(cited.id), cited.title
    if cited.page is None:
        said = locale.text("mark.open", number=number, title=title)
    else:
        said = locale.text("mark.openPage", number=number, title=title, page=str(cited.page))
    return f'<a class="fn-mark" href="{source_target(cited)}" title="{escape(said)}">[{number}]</a>'
