"""NTU RGB+D 60 and 120 (Shahroudy et al., CVPR 2016; Liu et al., TPAMI 2020): masked depth.

One folder ``SsssCcccPpppRrrrAaaa`` per recording, one 16-bit PNG of millimetres per frame.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from pcv.clip import Video, VideoSource
from pcv.data.files.depth_png import read_depth_png
from pcv.data.raw.depth_video import depth_video
from pcv.data.raw.listing import list_folders, list_frames
from pcv.data.raw.marks import Choice, Focal, Unit
from pcv.data.raw.reader import OPTIONS, DatasetReader, Sign
from pcv.errors import InputError, RawFileError

NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
FRAME = re.compile(r"M?Depth-(\d+)\.png")
SIZE = (512, 424)
SPLITS = {60: ("cross-subject", "cross-view"), 120: ("cross-subject", "cross-setup")}
MOST = {60: (17, 40), 120: (32, 106)}  # setups and subjects
TRAIN_CAMERAS = (2, 3)
TRAIN_SUBJECTS = {
    1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38,
    45, 46, 47, 49, 50, 52, 53, 54, 55, 56, 57, 58, 59, 70, 74, 78, 80, 81, 82, 83, 84, 85, 86,
    89, 91, 92, 93, 94, 95, 97, 98, 100, 103,
}  # fmt: skip
CLASS_NAMES = (
    "drink water", "eat meal", "brush teeth", "brush hair", "drop", "pick up", "throw",
    "sit down", "stand up", "clap", "read", "write", "tear up paper", "put on jacket",
    "take off jacket", "put on a shoe", "take off a shoe", "put on glasses", "take off glasses",
    "put on a hat", "take off a hat", "cheer up", "hand wave", "kick something",
    "reach into pocket", "hop", "jump up", "phone call", "play with phone", "type on a keyboard",
    "point to something", "take a selfie", "check time", "rub hands", "nod", "shake head",
    "wipe face", "salute", "put palms together", "cross hands in front", "sneeze or cough",
    "stagger", "fall down", "headache", "chest pain", "back pain", "neck pain",
    "nausea or vomiting", "fan self", "punch or slap", "kick other person", "push other person",
    "pat on back", "point finger", "hug", "give object", "touch pocket", "shake hands",
    "walk towards", "walk apart", "put on headphone", "take off headphone", "shoot at basket",
    "bounce ball", "tennis bat swing", "juggle table tennis ball", "hush", "flick hair",
    "thumb up", "thumb down", "make OK sign", "make victory sign", "staple book",
    "count money", "cut nails", "cut paper", "snap fingers", "open bottle", "sniff or smell",
    "squat down", "toss a coin", "fold paper", "ball up paper", "play magic cube",
    "apply cream on face", "apply cream on hand", "put on bag", "take off bag",
    "put object into bag", "take object out of bag", "open a box", "move heavy objects",
    "shake fist", "throw up cap", "capitulate", "cross arms", "arm circles", "arm swings",
    "run on the spot", "butt kicks", "cross toe touch", "side kick", "yawn", "stretch oneself",
    "blow nose", "hit with object", "wield knife", "knock over", "grab stuff",
    "shoot with gun", "step on foot", "high-five", "cheers and drink", "carry object",
    "take a photo", "follow", "whisper", "exchange things", "support somebody",
    "rock-paper-scissors",
)  # fmt: skip


@dataclass(frozen=True, config=OPTIONS)
class NtuRgbd(DatasetReader):
    """Reads masked depth of NTU RGB+D.

    Recordings without a skeleton stay in, as in the published depth lists. In the split
    ``cross-view`` cameras 2 and 3 train, in ``cross-setup`` even setups.

    The published conversion takes a focal length of 280, though that of the sensor is about 365:
    x and y come out 1.3 times too long. Its unit, millimetres / 65535 * 100, is
    ``data.scale: 1.5259022`` in a recipe.

    Raises:
        InputError: There is no such set of classes, or no such split of it.
    """

    classes: Annotated[int, Field(description="How many classes: 60 or 120."), Choice(*SPLITS)] = 60
    split: Annotated[
        str, Field(description="cross-subject, cross-view (of 60) or cross-setup (of 120).")
    ] = "cross-subject"
    focal: Focal = 280.0
    unit: Unit = 0.001

    dataset = "ntu"
    summary = "NTU RGB+D 60 and 120: masked depth, one folder SsssCcccPpppRrrrAaaa per recording."
    example = "pcv prepare ntu nturgb+d_depth_masked stores/ntu --jobs 8"
    signs = (Sign(NAME, folder=True),)
    predict_options = ("focal", "unit")
    predict_always: ClassVar = {"classes": 120}  # so that recordings of all classes are read

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.split not in SPLITS[self.classes]:
            known = " or ".join(SPLITS[self.classes])
            raise InputError(f"--split {self.split}: NTU RGB+D {self.classes} has {known}")

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of the labels, from 0."""
        return CLASS_NAMES[: self.classes]

    def settings(self) -> dict[str, float | str]:
        """Return the options that change the points or the split."""
        return self.noted("split", "focal", "unit")

    def list_videos(self, root: Path, bad: list[InputError] | None = None) -> list[VideoSource]:
        """Find all recordings, sorted by name; see ``Reader``."""
        return list_folders(root, NAME, "S001C001P001R001A001", self._describe, bad)

    def count_frames(self, source: VideoSource) -> int:
        """Return the number of frames, from their names."""
        return len(_frames(source))

    def read_video(self, source: VideoSource) -> Video:
        """Read a recording as points in metres; see ``Reader``."""
        return depth_video(
            source,
            (read_depth_png(path, SIZE) for path in _frames(source)),
            focal=(self.focal, self.focal),
            centre=(SIZE[0] / 2, SIZE[1] / 2),
            unit=self.unit,
            empty=("no pixel has a depth", "leave the folder out"),
        )

    def _describe(self, path: Path, match: re.Match[str]) -> VideoSource:
        setup, camera, subject, _, action = (int(group) for group in match.groups())
        if not 1 <= action <= self.classes:
            advice = "use --classes 120" if 60 < action <= 120 else "is it of this dataset?"
            raise RawFileError(path, f"is of action {action}, expected 1 to {self.classes}", advice)
        setups, subjects = MOST[self.classes]
        if not (1 <= setup <= setups and 1 <= camera <= 3 and 1 <= subject <= subjects):
            raise RawFileError(
                path,
                f"is of setup {setup}, camera {camera}, subject {subject}",
                f"expected setups 1 to {setups}, cameras 1 to 3, subjects 1 to {subjects}",
            )
        train = {
            "cross-subject": subject in TRAIN_SUBJECTS,
            "cross-view": camera in TRAIN_CAMERAS,
            "cross-setup": setup % 2 == 0,
        }[self.split]
        split = "train" if train else "test"
        return VideoSource(path, path.name, action - 1, subject, camera, split)


def _frames(source: VideoSource) -> list[Path]:
    return list_frames(source.path, FRAME, "MDepth-00000001.png")
