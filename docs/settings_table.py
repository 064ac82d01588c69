"""Write the table of settings into ``docs/settings.md``, from the fields of :class:`ui.settings.Settings`."""

from __future__ import annotations

from pathlib import Path

from ui.settings import PREFIX, OpenIDSettings, OperationSettings, Settings, needed

PAGE = Path(__file__).with_name("settings.md")
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def table() -> str:
    """The settings as a table in Markdown, in the order of their fields; those of operators come last."""
    rows = ["| variable | default | what it sets | its value |", "|---|---|---|---|"]
    parts = (OpenIDSettings.model_fields, OperationSettings.model_fields)
    for name in sorted(Settings.model_fields, key=lambda name: [name in part for part in reversed(parts)]):
        field = Settings.model_fields[name]
        default = "" if field.default_factory else _written(field.default)
        rows.append(f"| `{PREFIX}{name.upper()}` | {default} | {field.description} | {needed(name)} |")
    return "".join(f"{row}\n" for row in rows)


def page(text: str) -> str:
    """The text of the page, with the table between its two marks made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _written(default: object) -> str:
    match default:
        case None | ():
            return ""
        case bool():
            return f"`{str(default).lower()}`"
        case float():
            return f"`{default:g}`"
        case tuple():
            return f"`{','.join(map(str, default))}`"
    return f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
