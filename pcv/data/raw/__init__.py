"""Readers of raw recordings, one file per dataset."""

from __future__ import annotations

from pcv import plugins
from pcv.data.raw.folder import VideoFolders
from pcv.data.raw.kitti import SemanticKitti
from pcv.data.raw.msr import MsrAction3d
from pcv.data.raw.ntu import NtuRgbd
from pcv.data.raw.nvgesture import NvGesture
from pcv.data.raw.plugin import check_reader
from pcv.data.raw.reader import DatasetReader, Reader
from pcv.data.raw.rgbd import RgbdScenes
from pcv.data.raw.s3dis import S3dis
from pcv.data.raw.scannet import ScanNet
from pcv.data.raw.shrec import Shrec17
from pcv.data.raw.synthia import Synthia
from pcv.data.raw.utd import UtdMhad

# In the order of `pcv prepare --help`; a file name that fits two datasets is of the first one.
READERS: dict[str, type[DatasetReader]] = {
    "folder": VideoFolders,
    "msr": MsrAction3d,
    "utd": UtdMhad,
    "ntu": NtuRgbd,
    "shrec": Shrec17,
    "nvgesture": NvGesture,
    "scannet": ScanNet,
    "s3dis": S3dis,
    "rgbd": RgbdScenes,
    "kitti": SemanticKitti,
    "synthia": Synthia,
}


def reader_names() -> list[str]:
    """Return the names of all readers: pcv's own, then those of other packages."""
    return plugins.names(plugins.READERS, READERS)


def find_reader(name: str) -> type[DatasetReader] | None:
    """Return the class of a reader; None where there is none.

    Raises:
        PluginError: It is of another package, which is broken, or whose name is taken.
    """
    found = plugins.find(plugins.READERS, READERS, name, DatasetReader)  # type: ignore[type-abstract]  # never made
    if found and name not in READERS:
        check_reader(name, found)
    return found


__all__ = ["READERS", "DatasetReader", "Reader", "find_reader", "reader_names"]
