"""Every number a person may want to change, once: unit, bounds, default, and the reason for it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from wardrobe.errors import ConfigError

Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=100)]
Profile = Literal["small", "gpu"]

#: What a profile says instead of the defaults; whatever a file or ``--set`` says goes before it.
PROFILES: Mapping[Profile, Mapping[str, str]] = {
    "small": {},
    "gpu": {
        "pose.model": "yolo26m-pose",
        "segment.model": "garments-per-person",
        "embed.model": "moda-matryoshka",
        "classify.model": "moda-zero-shot",
        "outfit.model": "moda-outfits",
        "thumbnail.model": "sd15-inpaint",
        "tryon.model": "catvton",
        # Hardware never picks the model: without CUDA this profile stops, unless cpu is asked for.
        "run.device": "cuda",
    },
}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class PhotoSettings(_Section):
    max_megapixels: float = Field(
        150, gt=0, le=1000,
        description="Megapixels. A larger picture is left out before it is decoded: a few kilobytes can"
        " claim gigabytes. Phones reach 108, so 150 refuses no camera.",
    )  # fmt: skip
    min_side_px: int = Field(
        96, ge=1,
        description="Pixels. A picture with a shorter side holds no garment that could be told from another.",
    )  # fmt: skip
    work_px: int = Field(
        1536, ge=256, le=8192,
        description="Pixels. Longer side at which pictures are decoded for the models; masks are drawn back"
        " at photo size. The models look at 640; the cut-outs need more.",
    )  # fmt: skip
    duplicate_bits: int = Field(
        10, ge=0, le=64,
        description="Bits of 256. Two pictures whose look differs by no more are one picture saved twice"
        " and count as one wearing.",
    )  # fmt: skip


class PoseSettings(_Section):
    model: str = Field("pose-small", description="Entry of models/registry.toml.")
    min_person: Share = Field(0.35, description="Detection score from which a person counts.")
    min_joint: Share = Field(0.5, description="Visibility from which a joint counts as seen.")
    min_share: Share = Field(
        0.25,
        description="Share of the twelve body joints (shoulders to ankles) that must be seen for a photo to"
        " enter: three joints pass a waist-up selfie and stop a face or a pair of feet.",
    )
    min_height: Share = Field(
        0.12,
        description="Share of the photo's height that the owner must fill; smaller people are passers-by"
        " whose garments can't be told apart.",
    )
    min_lead: Share = Field(
        0.1,
        description="How far the main subject must lead the next person in prominence (size, centre,"
        " completeness; 0 to 1), else it is anybody's guess whose clothes they are. Bystanders trail by 0.14"
        " and more in all but one of 321 real photos, people who pose together by 0.06 and less.",
    )
    face_model: str = Field(
        "face-sface",
        description="Entry of models/registry.toml; used with --owner only, fetched on request.",
    )
    face_cosine: float = Field(
        0.363, ge=-1, le=1,
        description="Cosine from which a face is the owner's (the value OpenCV publishes for SFace).",
    )  # fmt: skip


class SegmentSettings(_Section):
    model: str = Field("segment-small", description="Entry of models/registry.toml.")
    min_score: Share = Field(0.35, description="Drop detections below this confidence.")
    min_area: Share = Field(
        0.0004,
        description="Share of the working picture. Smaller garments are left out: rings and far-away things.",
    )
    margin: Share = Field(
        0.15,
        description="Share of the owner's longer side shown around the owner: bags, wide hems, hats.",
    )
    same_mask: Share = Field(
        0.65, description="Mask overlap (IoU) from which two detections are one garment seen twice."
    )
    amodal_model: str = Field(
        "amodal-small",
        description="Entry of models/registry.toml that says how far garments reach behind others and outside the"
        " frame; empty for the category's shape laid on the pose.",
    )


class EmbedSettings(_Section):
    model: str = Field("embed-small", description="Entry of models/registry.toml.")
    min_visibility: Share = Field(
        0.05,
        description="Less visible garments are kept in the record but never grouped with others.",
    )


class ClassifySettings(_Section):
    model: str = Field("classify-small", description="Entry of models/registry.toml.")
    min_type: Share = Field(0.5, description="Confidence below which the finer type is left blank.")


class ClusterSettings(_Section):
    same_cosine: Share = Field(
        0.85,
        description="Cosine from which two garments of one category are one item, unless the embedder's entry in"
        " models/registry.toml names its own by calibration. Biased high: a false merge"
        " loses a garment, a duplicate is a mild annoyance.",
    )
    ask_cosine: Share = Field(
        0.80,
        description="Cosine from which two garments that don't join become a question to the person. Follows a"
        " calibrated same_cosine at the same distance, unless it is set.",
    )
    far_cosine: float = Field(
        0.70, ge=-1, le=1,
        description="No two garments of one item are less alike than this. It stops chains: joined pair by pair,"
        " two thousand street garments become one. Follows a calibrated same_cosine as ask_cosine does.",
    )  # fmt: skip
    check_cosine: Share = Field(
        0.92,
        description="An item that a weaker likeness than this holds together becomes a question, too: is it one?"
        " About half of the way from same_cosine to 1; follows a calibrated one as ask_cosine does.",
    )
    least_across: Share = Field(
        0.05,
        description="Share of the pairs between two piles of four views or more that must reach same_cosine for them"
        " to be one item: a few chance likenesses don't make one of two garments seen many times.",
    )
    unclear_strictness: Share = Field(
        0.3,
        description="How much of the way from the bar to 1 is added for a view of clearness 0, none for a clear"
        " one: what is blurred, dim or hidden looks like much else.",
    )
    minutes: float = Field(
        10, ge=0, le=24 * 60,
        description="Minutes. Photos so close show the same clothes on the same person.",
    )  # fmt: skip
    minutes_bonus: Share = Field(
        0.02,
        description="Taken off the bar for such photos, within a category. Small: people change clothes to be"
        " photographed.",
    )
    max_questions: int = Field(
        100, ge=0, description="Questions kept for the person, the most useful ones."
    )  # fmt: skip
    cross_category_cosine: Share = Field(
        0.95,
        description="Cosine from which garments of different categories are one item, flagged for review.",
    )
    max_colour: float = Field(
        32, ge=0, le=300,
        description="CIELAB a,b distance of the mean colours beyond which two garments are never one item,"
        " however alike their vectors: light from 2500 to 9000 K moves a garment by up to 30, and sky"
        " blue and olive are 50 apart.",
    )  # fmt: skip
    min_samples: int = Field(
        1, ge=1, description="Garments that make an item. Most garments are seen one to three times."
    )  # fmt: skip


class CoverSettings(_Section):
    """Which of an item's photos becomes its cover: weights of a geometric mean, so that a photo that
    fails in one thing isn't saved by the others; 0 ignores the measure.

    What shows a garment best is how many of its pixels are seen times the share of it they are; the
    weights of visibility and resolution say that, and the rest decides between photos about as good.
    """

    visibility: Weight = Field(
        3,
        description="Weight of the visible share: half a garment is half a cover, and what a thumbnail lacks"
        " must come from elsewhere. Of 1.5, 3 and 5 this shows 3 points more of rendered garments than the"
        " first while its cover is as often among the two best.",
    )
    resolution: Weight = Field(
        2, description="Weight of the pixels on the garment, by their root: 2 counts the pixels."
    )
    light: Weight = Field(0.7, description="Weight of the exposure.")
    cast: Weight = Field(0.4, description="Weight of neutral light: it keeps colours true.")
    sharpness: Weight = Field(0.7, description="Weight of freedom from blur.")
    frontal: Weight = Field(0.3, description="Weight of the wearer facing the camera.")
    unobstructed: Weight = Field(
        0.3, description="Weight of nothing lying in front: hands, hair, straps."
    )
    confidence: Weight = Field(
        0.3, description="Weight of the segmenter's confidence: an unsure mask is badly cut out."
    )


class ThumbnailSettings(_Section):
    size_px: int = Field(512, ge=64, le=2048, description="Pixels. Side of the square thumbnail.")
    margin: float = Field(
        0.08, ge=0, le=0.45,
        description="Share of the side left empty at each edge, so that garments in a grid don't touch.",
    )  # fmt: skip
    background: str = Field(
        "#f4f3f1", pattern="^#[0-9a-f]{6}$", description="Neutral background, sRGB."
    )
    model: str = Field(
        "inpaint-cloth",
        description="Entry of models/registry.toml: what fills the parts of a garment that no photo shows."
        " inpaint-cloth lets its own colours and repeating pattern go on and invents nothing.",
    )
    max_generated: Share = Field(
        0.5,
        description="Share of a garment that may be filled in without any photo showing it; above, its plain"
        " cut-out is shown, and says so. 0 never makes anything up.",
    )
    balance: Share = Field(
        0.5,
        description="How far a thumbnail's colours move to what all photos of the item agree on. The light of"
        " one evening is no colour of a shirt; the weather of a whole holiday is hard to tell from one.",
    )


class OutfitSettings(_Section):
    model: str = Field("compat-small", description="Entry of models/registry.toml.")


class TryOnSettings(_Section):
    model: str = Field(
        "tryon-small",
        description="Entry of models/registry.toml; plain bends the garment onto the body and asks no model.",
    )
    steps: int = Field(
        0,
        ge=0,
        le=200,
        description="Of the model's sampler; 0 for as many as the model is best with.",
    )
    work_px: int = Field(
        1536, ge=256, le=4096,
        description="Pixels. Longer side at which people are dressed; larger photos are reduced to it.",
    )  # fmt: skip


class RunSettings(_Section):
    device: str = Field(
        "auto",
        description="auto, cpu, cuda or cuda:N; several as cuda:0,cuda:1, or cuda:all, share every batch. auto"
        " takes CUDA when it is there; with the gpu profile it must be there.",
    )
    batch: int = Field(
        8, ge=1, le=1024, description="Photos in memory at once; also what a kill can lose."
    )
    workers: int = Field(
        0, ge=0, le=64,
        description="Threads that share a batch's photos, garments and thumbnails; 0 for one a processor, 8 at"
        " most. Answers don't depend on it. Models on a GPU, and large ones, are asked batch by batch.",
    )  # fmt: skip


class Settings(_Section):
    profile: Profile = "small"
    photo: PhotoSettings = PhotoSettings()
    pose: PoseSettings = PoseSettings()
    segment: SegmentSettings = SegmentSettings()
    embed: EmbedSettings = EmbedSettings()
    classify: ClassifySettings = ClassifySettings()
    cluster: ClusterSettings = ClusterSettings()
    cover: CoverSettings = CoverSettings()
    thumbnail: ThumbnailSettings = ThumbnailSettings()
    outfit: OutfitSettings = OutfitSettings()
    tryon: TryOnSettings = TryOnSettings()
    run: RunSettings = RunSettings()

    @model_validator(mode="before")
    @classmethod
    def _of_the_profile(cls, data: Any) -> Any:
        """Fill in what the profile says and nobody said otherwise."""
        if not isinstance(data, dict):
            return data
        data = dict(data)
        for dotted, value in PROFILES.get(data.get("profile", "small"), {}).items():
            section, _, key = dotted.partition(".")
            said = data.get(section, {})
            if isinstance(said, _Section):
                said = said.model_dump(exclude_unset=True)
            if isinstance(said, dict):  # else the file is wrong, which validation says
                auto = key == "device" and said.get(key) == "auto"
                data[section] = {**said, key: value} if auto else {key: value, **said}
        return data


def load(
    path: Path | None = None,
    overrides: dict[str, str] | None = None,
    profile: Profile | None = None,
) -> Settings:
    """Defaults, then a TOML file, then ``section.key=value`` overrides.

    Raises:
        ConfigError: the file can't be read, or a key or value is not allowed; the message names
            the key, what is allowed, and near misses.
    """
    data: dict[str, Any] = {}
    if path:
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:  # ValueError: no TOML, or no UTF-8
            raise ConfigError(f"{path}: {e}. Mend the file, or leave --config out.") from e
    if profile:
        data["profile"] = profile
    for dotted, value in (overrides or {}).items():
        section, _, key = dotted.partition(".")
        if not key:
            raise ConfigError(
                f"--set {dotted}: write section.key=value, such as cluster.same_cosine=0.9"
            )
        if dotted not in keys():
            raise ConfigError(f"--set {dotted}: no such setting.{_hint(dotted)}")
        part = data.setdefault(section, {})
        if isinstance(part, dict):  # else the file is wrong, which validation says
            part[key] = value
    try:
        return Settings.model_validate(data)
    except ValidationError as e:
        first = e.errors()[0]
        where = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"{where}: no such setting.{_hint(where)}") from e
        raise ConfigError(
            f"{where}: {first['msg']}. `wardrobe config --explain {where}` says what is allowed."
        ) from e


def explain(key: str) -> dict[str, Any]:
    """Description, type, default and bounds of ``section.key``.

    Raises:
        ConfigError: there is no such key.
    """
    section, _, name = key.partition(".")
    fields = Settings.model_fields
    part = fields[section].default if section in fields else None
    if not isinstance(part, _Section) or name not in type(part).model_fields:
        raise ConfigError(f"{key}: no such setting.{_hint(key)}")
    schema = type(part).model_json_schema()["properties"][name]
    return {
        "key": key,
        "default": getattr(part, name),
        **{k: v for k, v in schema.items() if k not in ("title", "default")},
    }


def keys() -> list[str]:
    """Every ``section.key``, in the order of the stages."""
    out = []
    for section, info in Settings.model_fields.items():
        if isinstance(info.default, _Section):
            out += [f"{section}.{name}" for name in type(info.default).model_fields]
    return out


def models_of(settings: Settings) -> list[str]:
    """The names of all models that these settings use, in the order of the stages."""
    out = []
    for dotted in keys():
        section, _, key = dotted.partition(".")
        if key == "model" or key.endswith("_model"):
            out.append(str(getattr(getattr(settings, section), key)))
    return [name for name in dict.fromkeys(out) if name not in ("", "plain")]  # those ask no model


def dump(settings: Settings) -> str:
    """The settings as indented JSON."""
    return json.dumps(settings.model_dump(), indent=2)


def _hint(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key, [*keys(), *Settings.model_fields], n=2, cutoff=0.5)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    return f"{meant} `wardrobe config` lists all settings."
