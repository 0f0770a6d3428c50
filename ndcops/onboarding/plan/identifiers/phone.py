"""Telephone numbers of Vietnam: mobile prefixes since the change of 2018, and area codes of land lines."""

import re

_MOBILE = re.compile(
    r"(?:0|\+?84)(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])\d{7}",
    re.ASCII,
)
_LAND_LINE = re.compile(
    r"(?:0|\+?84)2(?:0[3-9]|1[0-689]|2[0-25-9]|3[2-9]|4\d|5[1-25-9]|6[0-39]|7[0-7]|8\d|9[0-47-9])\d{6,8}", re.ASCII
)
_SEPARATORS = re.compile(r"[\s.()-]")


def is_phone(text: str) -> bool:
    """Whether the text is a number that can be called, however it is parted by spaces, dots or hyphens."""
    number = _SEPARATORS.sub("", text)
    if _MOBILE.fullmatch(number):
        return True
    return (
        bool(_LAND_LINE.fullmatch(number)) and len(number.removeprefix("+84").removeprefix("84").lstrip("0")) == 10
    )
