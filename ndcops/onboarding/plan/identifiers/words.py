"""Names, addresses, peoples and beliefs as they are written in Vietnam, with or without their marks."""

import re
import unicodedata


def _words(text: str, parted_by: str | None = None) -> frozenset[str]:
    return frozenset(text.split(parted_by))


_SURNAMES = _words(
    "nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dao doan vuong trinh truong dinh lam "
    "phung mai to ha ta chu luu cao thai luong lu trieu quach kieu tang nghiem au mac tong dam trang giang nong "
    "ma be chau khuc la than dau hua lo vi ong ung thach danh son kim thi y h siu rmah ksor kpa nay rcom"
)
_RARE = _words("y h ma la be thi danh son kim vi to ha lam mai ly le do ho")
"""Surnames that are also common words: they count only in what is written as a name, each word with a capital."""

_ADDRESS_WORDS = re.compile(
    r"\b(duong|pho|phuong|xa|quan|huyen|tinh|thanh pho|tp|thon|ap|khu pho|ngo|ngach|to dan pho|thi tran|hem|ban)\b"
)
_OFFICES = ("tru so", "van phong", "chi nhanh", "cong ty", "kho ")
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]{2,}")
_PEOPLES = _words(
    "kinh|tay|thai|muong|khmer|hoa|nung|hmong|h'mong|mong|dao|gia rai|e de|ba na|san chay|co ho|cham|san diu|hre|"
    "raglai|mnong|m'nong|tho|stieng|xtieng|kho mu|bru van kieu|bru-van kieu|co tu|giay|ta oi|gie trieng|co|cho ro|"
    "xinh mun|ha nhi|chu ru|lao|la chi|khang|phu la|la hu|la ha|pa then|lu|ngai|chut|lo lo|mang|co lao|bo y|cong|"
    "si la|pu peo|ro mam|brau|o du",
    "|",
)
_BELIEFS = _words(
    "khong|phat giao|cong giao|thien chua giao|tin lanh|cao dai|phat giao hoa hao|hoa hao|hoi giao|ba la mon|"
    "tinh do cu si phat hoi|minh su dao|khong ton giao",
    "|",
)


def plain(text: str) -> str:
    """Lower case without marks, đ as d: what is left when a system could not keep Vietnamese letters."""
    folded = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).strip()


def is_person_name(text: str) -> bool:
    """Two to six words, the first a surname; no digits, nothing that only places and firms are called."""
    words = text.split()
    if not 2 <= len(words) <= 6 or any(not word.replace("'", "").replace("-", "").isalpha() for word in words):
        return False
    bare = [plain(word) for word in words]
    if bare[0] not in _SURNAMES:
        return False
    capitals = all(word[0].isupper() for word in words)
    return capitals and (bare[0] not in _RARE or len(words) >= 3)


def is_address(text: str) -> bool:
    """Words for streets, communes and provinces, at least two parts; not of an office."""
    bare = plain(text)
    if bare.startswith(_OFFICES):
        return False
    return bool(_ADDRESS_WORDS.search(bare)) and ("," in text or " - " in text) and len(text) >= 12


def is_email(text: str) -> bool:
    """An e-mail address."""
    return bool(_EMAIL.fullmatch(text.strip()))


def is_ethnicity(text: str) -> bool:
    """One of the 54 peoples."""
    return plain(text) in _PEOPLES


def is_religion(text: str) -> bool:
    """One of the religions that the state registers, or none."""
    return plain(text) in _BELIEFS
