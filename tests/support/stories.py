"""A wire story, its copies with other headlines and footers, and other stories."""

from __future__ import annotations

LEAD = "Nine people were arrested on Tuesday when police searched four warehouses at the harbour of Orrin."

STORY = (
    LEAD,
    "The searches began at dawn and went on until the afternoon, the regional prosecutor Ada Velm said.",
    "Officers found 340 crates of counterfeit medicine behind a false wall in the largest of the buildings.",
    "Two of those arrested are customs inspectors who had worked at the harbour for more than a decade.",
    "Their lawyers said that both deny any part in the trade and will ask for their release.",
    "Hospitals in the province were told to withdraw a painkiller that had been bought from the same firm.",
    "A spokeswoman for the ministry of health said that no patient is known to have been harmed by it.",
    "The harbour stayed open, but lorries waited for up to six hours at the northern gate.",
)

OTHER_STORY = (
    "The harbour of Orrin was closed for a night after police searched four warehouses on its pier.",
    "Dockers who had come for the late shift were sent home without pay, their union complained.",
    "The union's secretary Tomas Brell called it a scandal that nobody had told the crews beforehand.",
    "Eleven ships lay at anchor off the breakwater until the pilots went back to work on Wednesday.",
    "Insurers put the cost of the delay at 1.2 million crowns, most of it for spoiled fruit.",
    "The port authority answered that the prosecutor alone decides when a pier is sealed off.",
)

FOOTER = "All rights reserved. Readers may write to the desk of the {} with corrections and complaints."


def copy(outlet: str, headline: str, published: str | None = None, story: tuple[str, ...] = STORY) -> str:
    """The story as one outlet prints it, as a Markdown file."""
    date = f"published: {published}\n" if published else ""
    body = "\n\n".join((" ".join(story[:4]), " ".join(story[4:]), FOOTER.format(outlet)))
    return f"---\ntitle: {headline}\npublisher: {outlet}\n{date}---\n\n# {headline}\n\n{body}\n"


COPIES = {
    "courier.md": copy("Orrin Courier", "Nine held in harbour raid", "2031-05-14"),
    "gazette.md": copy("Varda Gazette", "Customs men among the arrested", "2031-05-13"),
    "herald.md": copy("Northern Herald", "Fake medicine found at the harbour"),
}
"""Three copies, by file: the second was published first, and the third has only the date of its file."""

DEPORTATIONS = {
    "laos.md": (
        "---\ntitle: Removals at the northern border\npublished: 2025-05-02\n---\n\n"
        "The police counted everybody who was sent back over the bridge. In February 2025, 1,204 people were "
        "deported from Laos. In March 2025, the number rose to 2,350. Most of them were young men from the "
        "towns near the river.\n"
    ),
    "myanmar.md": (
        "---\ntitle: Removals in the west\npublished: 2025-04-20\n---\n\n"
        "The ministry publishes the figures every month. In March 2025, 911 people were deported from "
        "Myanmar. They had worked in the compounds along the river, and buses took them to the airport.\n"
    ),
}
"""Of two countries: of one in two months, of which the second sentence leaves out its name."""
