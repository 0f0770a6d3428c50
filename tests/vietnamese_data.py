"""Seeded values as Vietnamese registers hold them, and values that only look alike."""

import random
from collections.abc import Callable
from datetime import date, timedelta

from ndcops.model.dossier import PersonalData


def _parted(text: str) -> tuple[str, ...]:
    return tuple(text.split(";"))


YEAR = 2026
_PROVINCES = (
    *(1, 2, 4, 6, 8, 10, 11, 12, 14, 15, 17, 19, 20, 22, 24, 25, 26, 27, 30, 31, 33, 34, 35, 36, 37, 38, 40, 42),
    *(44, 45, 46, 48, 49, 51, 52, 54, 56, 58, 60, 62, 64, 66, 67, 68, 70, 72, 74, 75, 77, 79, 80, 82, 83, 84, 86),
    *(87, 89, 91, 92, 93, 94, 95, 96),
)
_SURNAMES = _parted(
    "Nguyễn;Trần;Lê;Phạm;Hoàng;Huỳnh;Phan;Vũ;Võ;Đặng;Bùi;Đỗ;Hồ;Ngô;Dương;Lý;Đinh;Trịnh;"
    "Đoàn;Mai;Cao;Lương;Nông;Vi;Lò"
)
_MIDDLE = _parted("Văn;Thị;Hữu;Đức;Minh;Ngọc;Thanh;Quang;Xuân;Thu;Hồng;Kim;Gia;Bảo")
_GIVEN = _parted(
    "An;Bình;Châu;Dũng;Giang;Hà;Hải;Hương;Khánh;Lan;Linh;Long;Mai;Nam;Nga;Phong;Phúc;"
    "Quân;Sơn;Tâm;Thảo;Trang;Tuấn;Uyên;Vinh;Yến"
)
_STREETS = _parted(
    "Trần Hưng Đạo;Lê Lợi;Nguyễn Trãi;Hai Bà Trưng;Lý Thường Kiệt;Phan Chu Trinh;Lê Duẩn;"
    "Điện Biên Phủ;Cách Mạng Tháng Tám;Nguyễn Huệ;Võ Văn Kiệt;Phạm Văn Đồng"
)
_WARDS = _parted("Bến Nghé;Hàng Bạc;Tân Định;Phú Hòa;Vĩnh Tuy;An Khánh;Thủ Thiêm;Đồng Xuân")
_TOWNS = _parted("Hà Nội;Đà Nẵng;Cần Thơ;Hải Phòng;Huế;Bắc Ninh;Đồng Nai;Lâm Đồng;Gia Lai")
_PEOPLES = _parted("Kinh;Tày;Thái;Mường;Khmer;Nùng;H'Mông;Dao;Gia Rai;Ê Đê;Ba Na;Hoa")
_BELIEFS = _parted("Không;Phật giáo;Công giáo;Tin lành;Cao Đài;Phật giáo Hòa Hảo")
_DIAGNOSES = _parted("Tăng huyết áp;Đái tháo đường típ 2;Viêm phổi;J18.9;I10;E11.9;Hen phế quản")
_MOBILE = _parted(
    "032;033;034;035;036;037;038;039;052;056;058;070;076;077;078;079;081;082;083;084;"
    "085;086;088;089;090;091;092;093;094;096;097;098;099"
)
_CARDS = _parted("GD4;DN4;HC4;TE1;HT3;CN3;HS4;SV4;HN2;BT2")
_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


class Values:
    """Makes values from a seed; `home` is the province whose people are the most."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.home = self.random.choice(_PROVINCES)

    def digits(self, count: int) -> str:
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def birth(self) -> date:
        return date(1938, 1, 1) + timedelta(days=self.random.randrange(86 * 365))

    def citizen_id(self) -> str:
        born = self.birth().year
        place = self.home if self.random.random() < 0.8 else self.random.choice(_PROVINCES)
        return f"{place:03d}{(born - 1900) // 100 * 2 + self.random.randrange(2)}{born % 100:02d}{self.digits(6)}"

    def phone(self) -> str:
        number = self.random.choice(_MOBILE) + self.digits(7)
        form = self.random.randrange(5)
        if form == 0:
            return f"+84{number[1:]}"
        return f"{number[:4]} {number[4:7]} {number[7:]}" if form == 1 else number

    def tax_code(self) -> str:
        while True:
            stem = f"{self.random.choice(_PROVINCES):02d}{self.digits(7)}"
            rest = sum(int(d) * w for d, w in zip(stem, _TAX_WEIGHTS, strict=True)) % 11
            if rest:
                return f"{stem}{10 - rest}" + (f"-{self.digits(3)}" if self.random.random() < 0.1 else "")

    def insurance_number(self) -> str:
        return f"{self.random.choice(_PROVINCES):02d}{self.digits(8)}"

    def health_card(self) -> str:
        return f"{self.random.choice(_CARDS)}{self.random.choice(_PROVINCES):02d}{self.digits(10)}"

    def name(self) -> str:
        words = [self.random.choice(_SURNAMES), self.random.choice(_MIDDLE), self.random.choice(_GIVEN)]
        if self.random.random() < 0.2:
            words.insert(2, self.random.choice(_MIDDLE))
        return " ".join(words).upper() if self.random.random() < 0.1 else " ".join(words)

    def address(self) -> str:
        return (
            f"{self.random.randrange(1, 400)} đường {self.random.choice(_STREETS)}, "
            f"phường {self.random.choice(_WARDS)}, {self.random.choice(_TOWNS)}"
        )

    def email(self) -> str:
        return (
            f"{self.random.choice('abcdghklmnpqtv')}{self.digits(4)}@{self.random.choice(('gmail.com', 'vnn.vn'))}"
        )

    def company(self) -> str:
        kind = self.random.choice(("Công ty TNHH", "Công ty Cổ phần", "Doanh nghiệp tư nhân", "Hợp tác xã"))
        return f"{kind} {self.name()}"

    def pick(self, values: tuple[str, ...]) -> str:
        return self.random.choice(values)


Maker = Callable[[Values, int], str]
"""A value for a row's number."""

PERSONAL: dict[PersonalData, Maker] = {
    PersonalData.CITIZEN_ID: lambda v, _: v.citizen_id(),
    PersonalData.PHONE: lambda v, _: v.phone(),
    PersonalData.TAX_CODE: lambda v, _: v.tax_code(),
    PersonalData.INSURANCE_NUMBER: lambda v, _: v.insurance_number(),
    PersonalData.HEALTH_CARD: lambda v, _: v.health_card(),
    PersonalData.NAME: lambda v, _: v.name(),
    PersonalData.ADDRESS: lambda v, _: v.address(),
    PersonalData.EMAIL: lambda v, _: v.email(),
    PersonalData.BIRTH_DATE: lambda v, _: v.birth().isoformat(),
    PersonalData.OLD_IDENTITY: lambda v, _: v.digits(9),
    PersonalData.PASSPORT: lambda v, _: f"{v.pick(('B', 'C', 'N', 'P'))}{v.digits(7)}",
    PersonalData.BANK_ACCOUNT: lambda v, _: v.digits(v.random.choice((10, 12, 13, 14))),
    PersonalData.ETHNICITY: lambda v, _: v.pick(_PEOPLES),
    PersonalData.RELIGION: lambda v, _: v.pick(_BELIEFS),
    PersonalData.HEALTH: lambda v, _: v.pick(_DIAGNOSES),
}

LOOK_ALIKE: dict[str, Maker] = {
    "serial-12": lambda v, row: f"00100000{row:04d}",
    "minute-12": lambda v, row: f"2024{v.random.randrange(1, 13):02d}{v.random.randrange(1, 29):02d}{v.digits(4)}",
    "parcel-12": lambda v, row: f"{v.home:03d}0{v.random.randrange(1, 30):02d}{v.digits(6)}",
    "random-12": lambda v, _: v.digits(12),
    "barcode-13": lambda v, _: f"893{v.digits(10)}",
    "invoice-10": lambda v, row: f"{row:010d}",
    "order-10": lambda v, row: f"2024{row:06d}",
    "epoch": lambda v, _: str(1_690_000_000 + v.random.randrange(50_000_000)),
    "company": lambda v, _: v.company(),
    "street": lambda v, _: v.pick(_STREETS),
    "office": lambda v, _: f"Trụ sở {v.random.randrange(1, 90)} đường {v.pick(_STREETS)}, {v.pick(_TOWNS)}",
    "sku": lambda v, _: f"C{v.digits(7)}",
    "document": lambda v, row: f"{row}/QĐ-UBND",
    "plate": lambda v, _: f"{v.random.randrange(11, 99)}A-{v.digits(3)}.{v.digits(2)}",
    "ip": lambda v, _: f"10.{v.random.randrange(256)}.{v.random.randrange(256)}.{v.random.randrange(1, 255)}",
    "ward": lambda v, _: f"Phường {v.pick(_WARDS)}",
    "amount": lambda v, _: str(v.random.randrange(100_000, 900_000_000)),
    "note": lambda v, _: f"Hồ sơ đủ, hẹn trả ngày {v.random.randrange(1, 28)} tại bộ phận một cửa",
    "founded": lambda v, _: (date(1960, 1, 1) + timedelta(days=v.random.randrange(64 * 365))).isoformat(),
    "created": lambda v, _: (date(2015, 1, 1) + timedelta(days=v.random.randrange(4000))).isoformat(),
}  # fmt: skip
"""Values that have something of personal data and are none."""

NAMES: dict[PersonalData | str, tuple[str, ...]] = {
    PersonalData.CITIZEN_ID: (
        "so_cccd",
        "SoCCCD",
        "cccd",
        "ma_dinh_danh",
        "Số định danh cá nhân",
        "c07",
        "so_giay_to",
    ),
    PersonalData.PHONE: ("dien_thoai", "sdt", "SoDienThoai", "lien_he", "mobile_no", "c11", "dtdd"),
    PersonalData.TAX_CODE: ("mst", "ma_so_thue", "MaSoThue", "c21", "tax_code"),
    PersonalData.INSURANCE_NUMBER: ("so_bhxh", "ma_bhxh", "MaSoBHXH", "c31", "so_so"),
    PersonalData.HEALTH_CARD: ("the_bhyt", "so_the", "c41", "MaTheBHYT"),
    PersonalData.NAME: ("ho_ten", "HoTen", "Họ và tên", "ten_nguoi_khai", "cust_name", "c51", "nguoi_yeu_cau"),
    PersonalData.ADDRESS: ("dia_chi", "noi_thuong_tru", "DiaChi", "c61", "noi_o_hien_tai"),
    PersonalData.EMAIL: ("email", "thu_dien_tu", "c71", "lien_lac"),
    PersonalData.BIRTH_DATE: ("ngay_sinh", "NgaySinh", "ngay_thang_nam_sinh", "dob", "c81"),
    PersonalData.OLD_IDENTITY: ("so_cmnd", "cmt", "CMND"),
    PersonalData.PASSPORT: ("so_ho_chieu", "passport_no", "HoChieu"),
    PersonalData.BANK_ACCOUNT: ("so_tai_khoan", "stk", "SoTaiKhoan"),
    PersonalData.ETHNICITY: ("dan_toc", "DanToc", "c91"),
    PersonalData.RELIGION: ("ton_giao", "TonGiao"),
    PersonalData.HEALTH: ("chan_doan", "ma_benh", "ChanDoan"),
    "serial-12": ("ma_ho_so", "so_hieu", "d01"),
    "minute-12": ("thoi_diem", "ma_phien", "d02"),
    "parcel-12": ("ma_thua", "ma_vung", "d03"),
    "random-12": ("ma_giao_dich", "so_bien_nhan", "d04"),
    "barcode-13": ("ma_vach", "d05"),
    "invoice-10": ("so_hoa_don", "d06"),
    "order-10": ("ma_don", "d07"),
    "epoch": ("ts", "d08"),
    "company": ("ten_doanh_nghiep", "don_vi", "d09"),
    "street": ("ten_duong", "tuyen_pho", "d10"),
    "office": ("dia_chi_tru_so", "tru_so"),
    "sku": ("ma_hang", "d12"),
    "document": ("so_quyet_dinh", "d13"),
    "plate": ("bien_so", "d14"),
    "ip": ("may_tram", "d15"),
    "ward": ("phuong_xa", "d16"),
    "amount": ("so_tien", "le_phi", "d17"),
    "note": ("ghi_chu", "d18"),
    "founded": ("ngay_thanh_lap",),
    "created": ("ngay_cap", "created_at", "d20", "cap_nhat"),
}
"""Column names as they are met: clear, shortened, in English, with marks, and telling nothing."""
