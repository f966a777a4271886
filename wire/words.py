# SPDX-License-Identifier: Apache-2.0
"""Words that two people compare on two screens: 256 everyday things, in Thai and in English, one for each byte.

A word is in the list once. The order never changes: a word's place is the byte that it stands for.
"""

from __future__ import annotations

WORDS_SHOWN = 4  # 32 bits: whoever would have other keys show the same words has a quarter of an hour to find them

_PAIRS = """
ช้าง elephant|ทะเล sea|ดาว star|ข้าว rice|กบ frog|กล้วย banana|กลอง drum|กวาง deer
กระเป๋า bag|กระจก mirror|กระต่าย rabbit|กระดาษ paper|กระทะ pan|กรรไกร scissors|กรอบรูป frame|กังหัน windmill
กางเกง trousers|กาแฟ coffee|กีตาร์ guitar|กุ้ง shrimp|กุญแจ key|กุหลาบ rose|เกลือ salt|เกวียน cart
เก้าอี้ chair|แกะ sheep|แก้ว glass|ไก่ chicken|ขนมปัง bread|ขนนก feather|ขลุ่ย flute|ขวด bottle
ขวาน axe|ขิง ginger|เข็ม needle|เข็มทิศ compass|เข็มขัด belt|ไข่ egg|ไข่มุก pearl|คลอง canal
ควาย buffalo|คอมพิวเตอร์ computer|ค้อน hammer|ค้างคาว bat|คีม pliers|เครื่องบิน aeroplane|เค้ก cake|งู snake
จรวด rocket|จระเข้ crocodile|จักรยาน bicycle|จาน plate|จิงโจ้ kangaroo|จิ้งหรีด cricket|จันทร์ moon|เจดีย์ pagoda
ฉลาม shark|ฉิ่ง cymbal|ช้อน spoon|ชา tea|ชายหาด beach|ชิงช้า swing|เชือก rope|เชอร์รี่ cherry
ซอส sauce|ซิป zip|ดอกบัว lotus|ดอกไม้ flower|ดินสอ pencil|เด็ก child|ไดโนเสาร์ dinosaur|ต้นไม้ tree
ตลาด market|ตะกร้า basket|ตะเกียง lantern|ตะไบ file|ตะปู nail|ตะวัน sun|ตะหลิว spatula|ตั๊กแตน grasshopper
ตา eye|ตาข่าย net|ตาชั่ง scales|ตุ๊กตา doll|ตู้เย็น refrigerator|เต่า turtle|เต็นท์ tent|เตียง bed
แตงโม watermelon|โต๊ะ table|ถนน road|ถัง bucket|ถั่ว bean|ถ้ำ cave|ถุงเท้า sock|ถุงมือ glove
แถบสี ribbon|ทราย sand|ทหาร soldier|ทอง gold|ทับทิม ruby|ท่าเรือ harbour|ทุเรียน durian|ทุ่งนา field
เทียน candle|แท็กซี่ taxi|ธง flag|ธนู bow|นก bird|นกแก้ว parrot|นกฮูก owl|นม milk
นักร้อง singer|นาฬิกา clock|น้ำ water|น้ำแข็ง ice|น้ำตก waterfall|น้ำตาล sugar|น้ำผึ้ง honey|นิ้ว finger
เนย butter|น็อต bolt|บันได ladder|บ้าน house|บ่อ pond|เบ็ด hook|ใบไม้ leaf|ประตู door
ปลา fish|ปลาวาฬ whale|ปราสาท castle|ปากกา pen|ปีก wing|ปู crab|ปฏิทิน calendar|เปียโน piano
เป็ด duck|แปรง brush|ไปรษณีย์ post|ผ้าพันคอ scarf|ผีเสื้อ butterfly|ผึ้ง bee|แผนที่ map|ฝน rain
ฝาชี cover|ฝ้าย cotton|พริก chilli|พรม carpet|พัดลม fan|พายุ storm|พิซซ่า pizza|เพชร diamond
แพะ goat|ฟัน tooth|ฟ้าแลบ lightning|ฟักทอง pumpkin|ฟุตบอล football|ไฟ fire|ไฟฉาย torch|ภูเขา mountain
ภาพวาด painting|มด ant|มะเขือเทศ tomato|มะนาว lime|มะพร้าว coconut|มะม่วง mango|มะละกอ papaya|มังกร dragon
ม้า horse|ม้าลาย zebra|มีด knife|มือ hand|เมฆ cloud|เม่น hedgehog|เมล็ด seed|แมงมุม spider
แมว cat|แม่น้ำ river|แม่เหล็ก magnet|ไมโครโฟน microphone|ไม้กวาด broom|ยักษ์ giant|ยาสีฟัน toothpaste|ยีราฟ giraffe
ยุง mosquito|โยโย่ yoyo|ร่ม umbrella|รถไฟ train|รถบัส bus|รองเท้า shoe|ระฆัง bell|ระนาด xylophone
รัง nest|ราชา king|รางวัล prize|รุ้ง rainbow|เรือ boat|เรือใบ sail|โรงเรียน school|โรงแรม hotel
ลม wind|ลา donkey|ลิง monkey|ลิ้นจี่ lychee|ลูกโป่ง balloon|ลูกเต๋า dice|ลูกบอล ball|เลื่อย saw
เลนส์ lens|โลก globe|วัว cow|วัด temple|วิทยุ radio|แว่นตา spectacles|แว่นขยาย magnifier|ไวโอลิน violin
ศาลา pavilion|สนามบิน airport|สบู่ soap|สมุด notebook|สวน garden|สะพาน bridge|สับปะรด pineapple|สร้อย necklace
สามล้อ tricycle|สิงโต lion|สีน้ำเงิน blue|สีเขียว green|สีแดง red|สีเหลือง yellow|สุนัข dog|เสือ tiger
เสื้อ shirt|แสตมป์ stamp|ส้ม orange|หนังสือ book|หนู mouse|หมวก hat|หมอน pillow|หมี bear
หมู pig|หอคอย tower|หอย shell|หัวใจ heart|หิน stone|หิมะ snow|หุ่นยนต์ robot|เห็ด mushroom
แหวน ring|องุ่น grape|อูฐ camel|แอปเปิล apple|ฮิปโป hippo|โอ่ง jar|อ่าง basin|ไอศกรีม icecream
"""

WORDS = tuple(pair.split(" ") for line in _PAIRS.split("\n") if line for pair in line.split("|"))


def thai(digest: bytes) -> str:
    """The words of a digest in Thai."""
    return _words(digest, 0)


def english(digest: bytes) -> str:
    """The words of a digest in English."""
    return _words(digest, 1)


def _words(digest: bytes, language: int) -> str:
    return "-".join(WORDS[byte][language] for byte in digest[:WORDS_SHOWN])
