"""The command of every dataset: its options, and mistakes with them."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from pcv.data.raw import READERS
from pcv.data.raw.option import options_of
from pcv_cli.prepare.command import command_of
from tests.pcv_cli.command import pcv, words

FIRST = ["raw", "out", "points", "dtype", "step"]
LAST = ["jobs", "skip_bad", "limit", "scheduler", "json"]


@pytest.mark.parametrize("name", READERS)
def test_a_command_has_the_options_of_its_reader(name: str) -> None:
    kind = READERS[name]
    command = command_of(kind)
    parameters = inspect.signature(command).parameters
    own = [flag for option in options_of(kind).values() for flag in option.flags]
    assert [*parameters] == [*FIRST, *(flag.name.replace("-", "_") for flag in own), *LAST]
    assert [parameters[name].default for name in FIRST[2:]] == [*kind.stored]
    shown = words(pcv("prepare", name, "--help"))
    for flag in own:
        assert f"--{flag.name}" in shown
    assert f"Example: {kind.example}" in shown


def test_help_is_shown_as_it_is_written() -> None:
    assert "[class/]video/0001.ply" in pcv("prepare", "folder", "--help")
    assert "[default: 285.63]" in pcv("prepare", "utd", "--help")


def recordings(root: Path) -> Path:
    for name in ("hop/a", "hop/b", "skip/a", "skip/b"):
        (root / name).mkdir(parents=True)
        for t in range(3):
            np.save(root / name / f"{t}.npy", np.random.default_rng(t).normal(size=(40, 3)))
    return root


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("kitti", "{raw}", "{out}"), "holds no folder velodyne"),
        (("kitti", "{raw}", "{out}", "--test", "one"), "expected sequence numbers"),
        (("synthia", "{raw}", "{out}"), "holds no folder Depth/Stereo_Left"),
        (("folder", "{raw}", "{out}", "--labels", "none.csv"), "none.csv: cannot be read"),
        (("folder", "{raw}", "{out}", "--focal", "wide"), "expected pixels such as 585"),
        (("folder", "{raw}", "{out}", "--focal", "5", "--centre", "1,2,3"), "expected pixels"),
        (("folder", "{raw}", "{out}", "--up", "x"), "choose -y, y or z"),
        (("folder", "{raw}", "{out}", "--test", "2"), "expected shares below 1"),
        (("folder", "{raw}/none", "{out}"), "no such folder"),
        (("rgbd", "{raw}", "{out}"), "holds no posed RGB-D recording"),
        (("rgbd", "{raw}", "{out}", "--image", "60"), "expected rows and columns such as"),
        (("rgbd", "{raw}", "{out}", "--image", "0.5,60"), "expected rows and columns such as"),
        (("rgbd", "{raw}", "{out}", "--camera", "585,585,320,nan"), "expected pixels such as"),
        (("rgbd", "{raw}", "{out}", "--layout", "kinect"), "choose auto, 7scenes"),
        (("folder", "{raw}", "{out}", "--pattern", "*.ply"), "no frame in it"),
        (("folder", "{raw}", "{out}", "--unit", "inf"), "--unit inf: Input should be a finite"),
        (("ntu", "{raw}", "{out}", "--classes", "40"), "--classes 40: choose 60 or 120"),
        (("ntu", "{raw}", "{out}", "--split", "cross-setup"), "NTU RGB+D 60 has cross-subject"),
        (("scannet", "{raw}", "{out}", "--classes", "40"), "--classes 40: choose 20 or 200"),
        (("rgbd", "{raw}", "{out}", "--up", "x"), "--up x: choose -y, y or z"),
        (("rgbd", "{raw}", "{out}", "--held-out", "1"), "--held-out 1: choose 0, or"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    places = {"raw": str(recordings(tmp_path / "raw")), "out": str(tmp_path / "out")}
    options = [word.format(**places) for word in arguments]
    lines = pcv("prepare", *options, code=2).strip().splitlines()
    assert len([line for line in lines if "error:" in line]) == 1
    assert said in " ".join(lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("msr", "--focal", "0.5"), "Invalid value for '--focal'"),
        (("s3dis", "--test-area", "7"), "Invalid value for '--test-area'"),
        (("rgbd", "--every", "0"), "Invalid value for '--every'"),
        (("ntu", "--classes", "many"), "Invalid value for '--classes'"),
        (("msr", "--fokal", "1"), "No such option: --fokal"),
        (("kitti", "--world", "1"), "unexpected extra argument"),
    ],
)
def test_what_no_option_can_have_is_refused_at_once(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    name, *options = arguments
    shown = pcv("prepare", name, tmp_path, tmp_path / "out", *options, code=2)
    assert said in words(shown)
