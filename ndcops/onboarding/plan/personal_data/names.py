"""What a column's name and comment hint at: Vietnamese with or without marks, abbreviations, English."""

import re

from ndcops.model.dossier import PersonalData
from ndcops.model.probe import ProbedColumn
from ndcops.onboarding.plan.identifiers import plain

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTING = re.compile(r"[^a-z0-9]+")

_HINTS = {
    PersonalData.CITIZEN_ID: (
        r"cccd|can cuoc|so dinh danh|dinh danh ca nhan|ddcn|citizen (id|number)|national id|cccd cmnd"
    ),
    PersonalData.OLD_IDENTITY: r"cmnd|cmt|chung minh( thu| nhan dan)?|cmtnd",
    PersonalData.PASSPORT: r"ho chieu|passport|hc so",
    PersonalData.NAME: (
        r"ho va ten|ho ten|hoten|ten day du|full name|fullname|chu (ho|so huu|su dung)|ho dem|"
        r"ten (chu ho|nguoi \w+|cong dan|khach hang|benh nhan|cha|me|vo|chong|can bo)|"
        r"nguoi (nop|ky|lap|dai dien|nhan|xu ly)"
    ),
    PersonalData.BIRTH_DATE: (
        r"ngay sinh|nam sinh|sinh ngay|ngaysinh|namsinh|date of birth|birth( ?date| ?day| ?year)?|dob|ntns"
    ),
    PersonalData.ADDRESS: (
        r"dia chi|diachi|noi o|noi cu tru|thuong tru|tam tru|ho khau|que quan|address|cho o hien tai"
    ),
    PersonalData.PHONE: (r"dien thoai|dienthoai|sdt|so dt|di dong|didong|phone( number)?|mobile|tel|dtdd|hotline"),
    PersonalData.EMAIL: r"e ?mail|thu dien tu|hop thu",
    PersonalData.TAX_CODE: r"mst|ma so thue|masothue|tax (code|id|number)|mst ca nhan",
    PersonalData.INSURANCE_NUMBER: (
        r"bhxh|bao hiem xa hoi|so so bhxh|ma bhxh|social insurance( number)?|insurance (no|number)"
    ),
    PersonalData.HEALTH_CARD: r"bhyt|the bao hiem y te|bao hiem y te|health card|so the bhyt",
    PersonalData.BANK_ACCOUNT: r"so tai khoan|tai khoan ngan hang|stk|so tk|bank account|account number|iban",
    PersonalData.HEALTH: (
        r"chan doan|benh an|benh ly|tien su benh|ma benh|icd( ?10)?|diagnosis|nhom mau|khuyet tat|"
        r"tinh trang suc khoe"
    ),
    PersonalData.BIOMETRIC: (
        r"van tay|khuon mat|mong mat|sinh trac|fingerprint|face( template| image)?|iris|anh chan dung|biometric"
    ),
    PersonalData.ETHNICITY: r"dan toc|ethnic(ity)?",
    PersonalData.RELIGION: r"ton giao|religion",
}
_RULES = [(kind, re.compile(rf"\b(?:{pattern})\b")) for kind, pattern in _HINTS.items()]

_NOT_OF_A_PERSON = re.compile(
    r"\b(tru so|co quan|don vi|cong ty|doanh nghiep|chi nhanh|thua dat|cong trinh|office|company|ten duong|street|"
    r"tuyen (duong|pho)|duong pho|san pham|product|server|host|ip|mac|kho|branch)\b"
)
_OTHER_DAY = re.compile(
    r"\b(cap|ky|hieu luc|thanh lap|tao|cap nhat|sua|het han|ban hanh|created|updated|issued?|expir\w*|start|end|"
    r"founded|bat dau|ket thuc|nop|tiep nhan|vao|ra)\b"
)


def words_of(column: ProbedColumn) -> str:
    """Name and comment as plain words: `SoCCCD`, `so_cccd` and `Số CCCD` are one."""
    name = _CAMEL.sub(" ", column.name)
    return f"{_parted(name)} | {_parted(column.comment)}"


def _parted(text: str) -> str:
    return _PARTING.sub(" ", plain(text)).strip()


def hints_of(words: str) -> tuple[PersonalData, ...]:
    """Kinds that the words name, those of a place or a firm left out where that makes the difference."""
    found = [kind for kind, pattern in _RULES if pattern.search(words)]
    if _NOT_OF_A_PERSON.search(words):
        found = [kind for kind in found if kind not in (PersonalData.ADDRESS, PersonalData.NAME)]
    return tuple(found)


def is_of_a_firm(words: str) -> bool:
    """Whether the words speak of an office, a firm, a street or a thing."""
    return bool(_NOT_OF_A_PERSON.search(words))


def is_other_day(words: str) -> bool:
    """Whether the words speak of a day on which something other than a birth happened."""
    return bool(_OTHER_DAY.search(words))
