"""Readers of raw recordings, one dataset a file."""

from __future__ import annotations

from pcv.data.raw.folder import VideoFolders
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.raw.msr import MsrAction3d
from pcv.data.raw.ntu import NtuRgbd
from pcv.data.raw.nvgesture import NvGesture
from pcv.data.raw.reader import Reader
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.raw.s3dis import S3dis
from pcv.data.raw.scannet import ScanNet
from pcv.data.raw.shrec import Shrec17
from pcv.data.raw.synthia import Synthia
from pcv.data.raw.utd import UtdMhad

READERS: dict[str, type[Reader]] = {
    "folder": VideoFolders,
    "kitti": SemanticKitti,
    "msr": MsrAction3d,
    "ntu": NtuRgbd,
    "nvgesture": NvGesture,
    "rgbd": RgbdScenes,
    "s3dis": S3dis,
    "scannet": ScanNet,
    "shrec": Shrec17,
    "synthia": Synthia,
    "utd": UtdMhad,
}

__all__ = ["READERS", "Reader"]
