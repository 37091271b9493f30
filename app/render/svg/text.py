"""How wide a text is, so that a picture has room for it in whatever font it is shown."""

from __future__ import annotations

FONT = "Verdana,sans-serif"
"""Where there is no Verdana, sans-serif is most often one as wide. Its digits are all of one width."""

SIZE = 11
"""The size of the letters in px."""

WIDTHS = {
    character: width
    for width, characters in {
        10: "\N{NARROW NO-BREAK SPACE}",
        14: "ilі",
        15: "IJ",
        16: " ,.\N{NO-BREAK SPACE}\N{MIDDLE DOT}",
        17: "/",
        18: "-f",
        20: "()t",
        21: "r",
        26: "sг",
        27: "з",
        28: "Lcс",
        29: "Fkвть",
        30: "Pvyýкуяқү",
        31: "TYaeoабеоә",
        32: "0123456789ESbdghnpuийлр",
        33: "Kнпң",
        34: "ABVXZА",
        35: "CRСЯд",
        37: "NUИ",
        38: "DHНм▲▼",
        39: "GOQДО",
        40: "ы",
        41: "w",
        42: "+ю",
        43: "MМФф",
        45: "ж",
        46: "ш",
        48: "%",
        49: "Wm",
    }.items()
    for character in characters
}
"""Of each character, in fiftieths of SIZE: those of DejaVu Sans, which are nearly those of Verdana."""

WIDEST = max(WIDTHS.values())
"""What is taken for the width of any other character."""


def width(text: str) -> int:
    """The width of a text in px, rounded up."""
    fiftieths = sum(WIDTHS.get(character, WIDEST) for character in text) * SIZE
    return -(-fiftieths // 50)
