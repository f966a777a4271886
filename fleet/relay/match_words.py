# SPDX-License-Identifier: Apache-2.0
"""Words that a kiosk and a phone show at the same time, so that a person sees that the one led to the other.

A thing that everybody can picture, and two digits: 3,240 of them. They are no secret: who reads both screens compares.
"""

from __future__ import annotations

import secrets

WORDS = (
    ("มะม่วง", "MANGO"),
    ("กล้วย", "BANANA"),
    ("ส้ม", "ORANGE"),
    ("แตงโม", "WATERMELON"),
    ("มะพร้าว", "COCONUT"),
    ("สับปะรด", "PINEAPPLE"),
    ("องุ่น", "GRAPE"),
    ("ข้าว", "RICE"),
    ("ช้าง", "ELEPHANT"),
    ("แมว", "CAT"),
    ("นก", "BIRD"),
    ("ไก่", "CHICKEN"),
    ("ปลา", "FISH"),
    ("เต่า", "TURTLE"),
    ("ม้า", "HORSE"),
    ("กระต่าย", "RABBIT"),
    ("ผีเสื้อ", "BUTTERFLY"),
    ("ดาว", "STAR"),
    ("พระจันทร์", "MOON"),
    ("ทะเล", "SEA"),
    ("ภูเขา", "MOUNTAIN"),
    ("แม่น้ำ", "RIVER"),
    ("ต้นไม้", "TREE"),
    ("ดอกไม้", "FLOWER"),
    ("ใบไม้", "LEAF"),
    ("เรือ", "BOAT"),
    ("รถไฟ", "TRAIN"),
    ("จักรยาน", "BICYCLE"),
    ("สะพาน", "BRIDGE"),
    ("บ้าน", "HOUSE"),
    ("ร่ม", "UMBRELLA"),
    ("หมวก", "HAT"),
    ("กุญแจ", "KEY"),
    ("นาฬิกา", "CLOCK"),
    ("ลูกบอล", "BALL"),
    ("เก้าอี้", "CHAIR"),
)
_DIGITS = range(10, 100)


def draw() -> tuple[str, str]:
    """A word in Thai and in English, as มะม่วง-27 and MANGO-27."""
    thai, english = secrets.choice(WORDS)
    number = secrets.choice(_DIGITS)
    return f"{thai}-{number}", f"{english}-{number}"
