"""The camera roll: one woman's photos from the end of summer to the first frost."""

from __future__ import annotations

from dataclasses import replace

from shots import Companion, Shot

# Outfits.
SUMMER = ("tee-stripe", "shorts-olive", "sneakers-white")
OFFICE = ("shirt-sky", "chinos-khaki", "shoes-brown", "glasses-black", "watch-silver")
DOTS = ("dress-dots", "shoes-brown", "hat-fedora", "bag-tan")
FLORAL = ("tee-white", "skirt-floral", "sneakers-white", "necklace-gold")
HOME = ("tee-plum", "shorts-olive")
POLO = ("polo-navy", "chinos-khaki", "sneakers-white")
BLOUSE = ("blouse-cream", "skirt-black", "shoes-brown", "necklace-gold")
NIGHT = ("dress-red", "boots-black", "necklace-gold", "belt-brown")
CREW = ("crew-navy", "jeans-dark", "boots-black")
DENIM = ("tee-pinstripe", "jeans-blue", "jacket-denim", "sneakers-white", "sunglasses-brown")
ROSE = ("shirt-rose", "jeans-dark", "shoes-brown", "glasses-black")
KNIT = ("jumper-mustard", "jeans-blue", "sneakers-white", "bag-tote")
KNIT_SKIRT = ("jumper-mustard", "skirt-floral", "shoes-brown")
TARTAN = ("shirt-tartan", "jeans-dark", "jacket-olive", "shoes-brown")
MARKET = ("tee-stripe", "chinos-khaki", "jacket-olive", "sneakers-white", "bag-tan")
COAT = ("blouse-cream", "skirt-floral", "coat-camel", "boots-black", "bag-tote")
COLD = ("jumper-mustard", "skirt-black", "tights-black", "coat-camel", "scarf-check", "beanie-green",
        "boots-black")  # fmt: skip
CREW_SKIRT = ("crew-navy", "skirt-black", "tights-black", "boots-black")
PIN_HOME = ("tee-pinstripe", "skirt-floral")
SKY_DENIM = ("shirt-sky", "jeans-blue", "shoes-brown", "watch-silver")
PARTY = ("dress-red",)
DOTS_COAT = ("dress-dots", "tights-black", "coat-camel", "boots-black", "scarf-check")

FRIEND_TEE = ("friend-top", "friend-trousers", "friend-shoes")
FRIEND_COLD = ("friend-jumper", "friend-trousers", "friend-shoes")
SISTER = ("sister-top", "sister-jeans", "sister-shoes")
SISTER_DRESS = ("sister-dress", "sister-shoes")
COLLEAGUE = ("colleague-shirt", "colleague-trousers", "colleague-jacket", "colleague-shoes")


def day(date: str, *shots: Shot) -> list[Shot]:
    """Shots of one day, which say only the time."""
    return [replace(shot, taken=f"{date}T{shot.taken}") for shot in shots]


def friend(wears: tuple[str, ...], pose: str, at: tuple[float, float], yaw: float) -> Companion:
    """The friend, somewhere near the owner."""
    return Companion("friend", wears, pose, at, yaw)


def sister(wears: tuple[str, ...], pose: str, at: tuple[float, float], yaw: float) -> Companion:
    """The sister, somewhere near the owner."""
    return Companion("sister", wears, pose, at, yaw)


BIG, WIDE, SMALL = (810, 1080), (960, 720), (720, 960)

SHOTS: tuple[Shot, ...] = (
    *day(
        "2025-09-06",
        Shot("IMG_0412.jpg", "09:12:31", "hallway", wears=SUMMER, pose="mirror", frame="mirror",
             props=("phone", "mirror")),
        Shot("IMG_0413.jpg", "11:02:10", "lake", wears=(*SUMMER, "sunglasses-brown"),
             pose="walking", yaw=-30, angle=-6),
        Shot("IMG_0414.jpg", "11:04:40", "lake", wears=(*SUMMER, "sunglasses-brown"), pose="hip",
             frame="waist", yaw=30, angle=18, size=BIG),
        Shot("IMG_0415.jpg", "11:05:02", "lake", wears=(*SUMMER, "sunglasses-brown"),
             pose="selfie", frame="selfie", yaw=-10),
        Shot("IMG_0416.jpg", "11:20:15", "lake", frame="room", size=WIDE),
        Shot("IMG_0417.jpg", "11:31:44", "lake", frame="feet", zoom=1.35),
    ),
    *day(
        "2025-09-09",
        Shot("IMG_0418.jpg", "08:05:09", "hallway", wears=OFFICE, pose="relaxed", yaw=-18,
             angle=-10),
        Shot("IMG_0419.jpg", "10:40:22", "office", wears=OFFICE, pose="seated", frame="waist",
             yaw=14, props=("chair", "work-table")),
        Shot("IMG_0420.jpg", "10:43:50", "desk", frame="table"),
        Shot("IMG_0421.jpg", "18:20:37", "plaster", wears=OFFICE, pose="walking", yaw=60,
             angle=-14, blur=5.0),
    ),
    *day(
        "2025-09-13",
        Shot("IMG_0422.jpg", "13:22:10", "plaster", wears=DOTS, pose="weight", yaw=30, angle=18),
        Shot("IMG_0424.jpg", "13:41:03", "park", wears=DOTS, pose="wave", frame="three", yaw=-20,
             angle=-12, size=BIG),
        Shot("IMG_0425.jpg", "14:15:33", "cafe", wears=DOTS, pose="seated", frame="waist",
             yaw=-14, props=("chair", "cafe-table")),
        Shot("IMG_0426.jpg", "14:21:08", "lunch", frame="table", size=WIDE, zoom=1.7),
        Shot("IMG_0427.jpg", "18:10:59", "park-low", wears=DOTS, pose="walking", yaw=165),
    ),
    *day(
        "2025-09-14",
        Shot("IMG_0428.jpg", "11:02:18", "yard", wears=FLORAL, pose="hip", yaw=6, angle=12),
        Shot("IMG_0429.png", "11:03:59", "yard", wears=FLORAL, pose="relaxed", frame="three",
             yaw=137, angle=-15, size=SMALL),
        Shot("IMG_0430.jpg", "11:05:20", "yard", wears=FLORAL, pose="selfie", frame="selfie",
             yaw=6),
        Shot("IMG_0431.jpg", "16:40:11", "treetops", frame="up"),
    ),
    *day(
        "2025-09-18",
        Shot("IMG_0432.jpg", "20:05:27", "evening-seat", wears=("tee-plum", "chinos-khaki"),
             pose="seated", yaw=10, props=("sofa",), grain=1.2),
        Shot("IMG_0433.jpg", "20:08:13", "evening", wears=HOME, pose="relaxed", frame="three",
             yaw=-14, angle=-8, beside=(friend(FRIEND_TEE, "weight", (-0.72, 0.1), 12),)),
        Shot("IMG_0434.jpg", "21:15:40", "reading", frame="table"),
    ),
    *day(
        "2025-09-20",
        Shot("Screenshot_20250920-1012.png", "10:12:06", "", frame="screen", props=("chat",),
             size=(540, 1080)),
        Shot("IMG_0435.jpg", "11:40:10", "lake", wears=POLO, pose="pockets", yaw=32, angle=24),
        Shot("IMG_0436.jpg", "11:42:51", "lake", wears=POLO, pose="relaxed", frame="three",
             yaw=-12, angle=-6, beside=(friend(FRIEND_TEE, "weight", (0.72, 0.15), -12),),
             turned=6, size=WIDE),
        Shot("IMG_0437.jpg", "11:44:30", "lake", yaw=14, angle=14, beside=(friend(FRIEND_TEE,
             "hip", (0.0, 0.0), 8),)),
        Shot("IMG_0438.heic", "12:31:18", "lake", wears=POLO, pose="walking", frame="waist",
             yaw=-50, angle=-20),
        Shot("IMG_0439.jpg", "13:05:00", "lake", frame="room", angle=-38),
    ),
    *day(
        "2025-09-24",
        Shot("IMG_0440.jpg", "08:11:44", "stairs", wears=BLOUSE, pose="weight", yaw=1, angle=-9),
        Shot("IMG_0441.jpg", "12:30:09", "office", wears=BLOUSE, pose="crossed", frame="waist",
             yaw=4, angle=16),
        Shot("IMG_0442.jpg", "12:31:30", "office", wears=BLOUSE, pose="relaxed", frame="three",
             yaw=0, angle=-10, beside=(Companion("colleague", COLLEAGUE, "weight", (0.68, 0.15),
             -12),), size=BIG),
    ),
    *day(
        "2025-09-27",
        Shot("IMG_0443.jpg", "18:31:12", "bedroom", wears=NIGHT, pose="mirror", frame="mirror",
             props=("phone", "mirror"), yaw=-8, turned=8),
        Shot("IMG_0444.jpg", "19:22:48", "balcony", wears=NIGHT, pose="hip", frame="three",
             yaw=-24, angle=-14, grain=1.2),
        Shot("IMG_0445.jpg", "19:24:06", "balcony", wears=NIGHT, pose="selfie", frame="selfie",
             yaw=14, grain=1.3, blur=3.0),
        Shot("IMG_0446.jpg", "20:40:30", "cafe", wears=NIGHT, pose="seated", frame="waist",
             yaw=10, props=("chair", "cafe-table"), beside=(sister(SISTER, "seated", (-0.78,
             0.05), 22),), size=WIDE, exposure=-0.4),
    ),
    *day(
        "2025-10-01",
        Shot("IMG_0447.jpg", "08:02:19", "hallway", wears=CREW, pose="mirror", frame="mirror",
             props=("phone", "mirror"), zoom=1.35, yaw=6),
        Shot("IMG_0448.jpg", "17:40:55", "brick", wears=CREW, pose="walking-right", yaw=46,
             angle=20, blur=4.0),
        Shot("IMG_0449.jpg", "20:15:31", "evening", wears=CREW, pose="relaxed", frame="three",
             yaw=-2, angle=14),
    ),
    *day(
        "2025-10-04",
        Shot("IMG_0450.jpg", "10:20:00", "avenue", wears=DENIM, pose="relaxed", yaw=0, angle=-8),
        Shot("IMG_0451.jpg", "10:21:42", "avenue", wears=DENIM, pose="walking", yaw=170),
        Shot("IMG_0452.jpg", "11:55:10", "park", wears=DENIM, pose="selfie", frame="selfie",
             yaw=-8),
        Shot("IMG_0453.jpg", "12:10:27", "park", wears=DENIM, pose="seated", yaw=-18,
             props=("bench",), turned=3),
        Shot("IMG_0454.jpg", "12:12:44", "park", wears=("tee-pinstripe", "jeans-blue",
             "sneakers-white"), pose="weight", frame="three", yaw=25, angle=15),
    ),
    *day(
        "2025-10-06",
        Shot("IMG_0455.jpg", "07:58:40", "hallway", wears=ROSE, pose="pockets", frame="three",
             yaw=22, angle=12),
        Shot("IMG_0456.jpg", "13:02:11", "office", wears=ROSE, pose="crossed", frame="waist",
             yaw=-6, angle=-14, size=WIDE),
        Shot("IMG_0457.jpg", "16:44:09", "window", wears=ROSE, pose="leaning", frame="three",
             yaw=-14, zoom=1.06),
    ),
    *day(
        "2025-10-11",
        Shot("IMG_0458.jpg", "10:15:03", "kitchen", wears=KNIT, pose="weight", frame="three",
             yaw=-30, angle=-16),
        Shot("IMG_0459.jpg", "15:30:48", "park-autumn", wears=KNIT, pose="relaxed", yaw=18,
             angle=10, beside=(friend(FRIEND_COLD, "weight", (0.74, 0.2), -12),), size=BIG),
        Shot("IMG_0460.jpg", "15:32:02", "park-autumn", wears=KNIT, pose="hip", frame="waist",
             yaw=-28, angle=-18),
        Shot("IMG_0461.jpg", "15:50:39", "park-autumn", frame="room", angle=-20),
    ),
    *day(
        "2025-10-12",
        Shot("IMG_0462.jpg", "18:45:00", "living", wears=KNIT_SKIRT, pose="relaxed", yaw=-4,
             angle=-10, beside=(sister(SISTER, "hip", (0.7, 0.2), -10),)),
        Shot("IMG_0463.jpg", "18:49:21", "living", frame="room", angle=9),
        Shot("IMG_0464.jpg", "18:52:37", "living-seat", wears=KNIT_SKIRT[:2], pose="seated",
             yaw=-12, props=("sofa",)),
    ),
    *day(
        "2025-10-16",
        Shot("IMG_0423.jpg", "17:28:12", "brick", wears=TARTAN, pose="relaxed", yaw=-6,
             angle=-16),
        Shot("IMG_0465.jpg", "17:30:44", "brick", wears=TARTAN, pose="weight", yaw=180,
             angle=14),
        Shot("IMG_0466.jpg", "19:36:20", "evening", wears=TARTAN, pose="hip", frame="three",
             yaw=-24, angle=-12, grain=1.2),
        Shot("IMG_0467.jpg", "21:20:03", "evening", frame="face", wears=("tee-white",), yaw=58,
             zoom=1.2, blur=3.0, grain=1.4),
    ),
    *day(
        "2025-10-18",
        Shot("IMG_0468.jpg", "09:40:06", "brick", wears=MARKET, pose="walking", yaw=32,
             angle=10),
        Shot("IMG_0468-copy.jpg", "09:40:06", "brick", copy_of="IMG_0468.jpg"),
        Shot("IMG_0469.jpg", "12:15:42", "plaster", wears=MARKET, pose="strap", frame="three",
             yaw=-35, angle=-20),
        Shot("IMG_0470.jpg", "12:17:08", "plaster", wears=MARKET, pose="selfie", frame="selfie",
             yaw=12),
        Shot("IMG_0471.jpg", "12:40:50", "avenue-autumn", frame="room", size=WIDE, quality=80),
    ),
    *day(
        "2025-10-22",
        Shot("IMG_0472.jpg", "08:20:16", "bedroom", wears=COAT, pose="mirror", frame="mirror",
             props=("phone", "mirror"), yaw=10),
        Shot("IMG_0473.jpg", "08:41:00", "avenue-autumn", wears=COAT, pose="relaxed", yaw=-17,
             angle=-9, size=BIG),
        Shot("IMG_0474.jpg", "08:42:10", "avenue-autumn", wears=COAT, pose="walking-right",
             frame="three", yaw=30, angle=10, blur=6.0, zoom=1.1),
    ),
    *day(
        "2025-10-25",
        Shot("IMG_0475.jpg", "14:05:28", "avenue-autumn", wears=COLD, pose="walking", yaw=-14),
        Shot("IMG_0476.jpg", "14:07:03", "avenue-autumn", wears=COLD, pose="pockets",
             frame="waist", yaw=22, angle=12),
        Shot("IMG_0477.jpg", "14:30:41", "park-autumn", wears=COLD, pose="seated", yaw=14,
             props=("bench",)),
        Shot("IMG_0478.jpg", "14:33:55", "park-autumn", wears=COLD[1:], pose="selfie",
             frame="selfie", yaw=-8, beside=(friend(FRIEND_COLD, "relaxed", (0.42, 0.22),
             -14),)),
        Shot("IMG_0479.jpg", "16:50:12", "park-autumn-low", wears=COLD, pose="weight",
             frame="three", yaw=-10),
    ),
    *day(
        "2025-11-02",
        Shot("Screenshot_20251102-1148.png", "11:48:31", "", frame="screen", props=("map",),
             size=(540, 1080)),
        Shot("IMG_0480.jpg", "15:12:25", "living", wears=PIN_HOME, pose="crossed", frame="three",
             yaw=24, angle=16),
        Shot("IMG_0481.jpg", "15:14:01", "window", wears=PIN_HOME, pose="relaxed", yaw=58),
    ),
    *day(
        "2025-11-06",
        Shot("IMG_0482.jpg", "12:42:37", "stairs", wears=CREW_SKIRT, pose="walking", yaw=-26,
             angle=-10),
        Shot("IMG_0483.jpg", "12:55:49", "cafe", wears=CREW_SKIRT, pose="seated", frame="three",
             yaw=16, props=("chair", "cafe-table")),
        Shot("IMG_0484.jpg", "13:01:10", "lunch", frame="table", zoom=1.25),
    ),
    *day(
        "2025-11-11",
        Shot("IMG_0485.jpg", "08:09:14", "stairs", wears=SKY_DENIM, pose="relaxed",
             frame="three", yaw=18, angle=8),
        Shot("IMG_0486.jpg", "18:25:50", "kitchen", wears=SKY_DENIM, pose="hip", frame="waist",
             yaw=6, angle=18),
    ),
    *day(
        "2025-11-15",
        Shot("IMG_0487.jpg", "19:05:32", "bedroom", wears=PARTY, pose="mirror",
             frame="mirror", props=("phone", "mirror"), zoom=1.35),
        Shot("IMG_0488.jpg", "19:40:20", "evening", wears=PARTY, pose="relaxed", yaw=14,
             angle=6, beside=(sister(SISTER, "weight", (0.68, 0.12), -12), friend(FRIEND_TEE,
             "relaxed", (-0.72, 0.18), 14)), size=WIDE),
        Shot("IMG_0489.jpg", "19:44:12", "evening", beside=(sister(SISTER, "hip", (0.36, 0.0),
             -8), friend(FRIEND_TEE, "weight", (-0.38, 0.05), 10)), frame="three"),
    ),
    *day(
        "2025-11-29",
        Shot("IMG_0490.jpg", "15:20:09", "yard", wears=DOTS_COAT, pose="relaxed", yaw=-2,
             angle=-12),
        Shot("IMG_0491.jpg", "15:21:31", "yard", wears=("dress-dots", "tights-black",
             "boots-black", "belt-brown"), pose="weight", frame="three", yaw=-62, zoom=1.1),
        Shot("IMG_0492.jpg", "17:58:00", "hallway", wears=("dress-dots", "tights-black",
             "boots-black", "belt-brown"), pose="hip", frame="three", yaw=6, angle=14),
    ),
)  # fmt: skip
