"""Writes midband/_options.py: the options of each function as types, from the command's own. Run it after a change of a flag."""

from __future__ import annotations

import textwrap
from pathlib import Path

from midband import _flags

# Named in the functions' own signatures.
OWN = {"id", "left", "right", "judge", "calibration", "labels"}
TYPES = {"flag": "bool", "whole": "int", "number": "float", "path": "str | os.PathLike[str]", "text": "str"}
MORE = {
    "band": "str | tuple[float, float]",
    "batch_size": "int | str | tuple[int, int]",
    "target": "str | Mapping[str, float]",
    "features": "str | Sequence[str]",
    "column": "Mapping[str, str] | Sequence[str]",
    "map": "Mapping[str, str] | Sequence[str]",
    "max_judge_time": "str | timedelta",
    "deadline": "str | timedelta",
    "keep_alive": "str | timedelta",
}
CLASSES = {
    "ScoreOptions": ("score", OWN),
    "MatchOptions": ("match", OWN - {"left", "right"} | {"clusters", "golden", "known", "known_clusters"}),
    "CalibrateOptions": ("calibrate", OWN),
    "EvaluateOptions": ("eval", {"gold"}),
    "ReportOptions": ("report", {"labels"}),
    "ReviewOptions": ("review", set()),
}


def kind(option: dict[str, object]) -> str:
    name = str(option["name"])
    if name in MORE:
        return MORE[name]
    if option["words"]:
        return f"Literal[{', '.join(repr(word).replace(chr(39), chr(34)) for word in option['words'])}]"
    of = TYPES[str(option["kind"])]
    return f"{of} | Sequence[{of}]" if option["several"] else of


def written() -> str:
    text = '"""The options of each function. Written by make_options.py from the command\'s own; do not edit."""\n\n'
    text += "from __future__ import annotations\n\nimport os\nfrom collections.abc import Mapping, Sequence\n"
    text += "from datetime import timedelta\nfrom typing import Literal, TypedDict\n"
    for name, (command, own) in CLASSES.items():
        text += f'\n\nclass {name}(TypedDict, total=False):\n    """Options of ``midband {command}``."""\n'
        for name, option in sorted(_flags.known(command).items()):
            if option["name"] in own:
                continue
            text += f"\n    {name}: {kind(option)} | None\n"
            said = " ".join(option["help"].split())
            if option["default"] is not None and "[default" not in said:
                said += f" [default: {option['default']}]"
            said = said.replace("\\", "\\\\").replace('"', '\\"') if '"' in said else said
            lines = textwrap.wrap(f'"""{said}"""', 116)
            text += "".join(f"    {line}\n" for line in lines)
    return text


if __name__ == "__main__":
    Path(__file__).parents[1].joinpath("midband", "_options.py").write_text(written(), encoding="utf-8")
