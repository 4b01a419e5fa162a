"""Small posed recordings of a synthetic room, in every layout."""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from pcv.data.files.png import write_png
from pcv.synth.rgbd import CENTRE, FOCAL, RoomFrame, pose_at, render_frame
from pcv.synth.room_rays import Surfaces, build_surfaces

STEP = 4  # pixels are taken this far apart: 60 x 80
SIZE = (60, 80)
# The pixels taken are those of a smaller camera whose whole-numbered centres they are.
CAMERA = (FOCAL / STEP, FOCAL / STEP, CENTRE[0] / STEP, CENTRE[1] / STEP)
INTRINSICS = np.array([[CAMERA[0], 0, CAMERA[2]], [0, CAMERA[1], CAMERA[3]], [0, 0, 1]])
FRAMES = 8
TURN_UP = np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]])  # from y down to z up


def room() -> Surfaces:
    return build_surfaces(np.random.default_rng([0, 0]))


def frames(count: int = FRAMES, span: float = 0.3) -> list[RoomFrame]:
    """Frames of the room along part of the way around it, so that neighbours overlap."""
    place = room()
    made = [render_frame(place, pose_at(place, span * t / count)) for t in range(count)]
    return [RoomFrame(*(image[::STEP, ::STEP] for image in seen[:4]), seen.pose) for seen in made]


def seven_scenes(
    folder: Path, seen: list[RoomFrame], *, labels: bool = False, things: bool = False
) -> Path:
    """Write frames as 7-Scenes has them."""
    folder.mkdir(parents=True)
    np.savetxt(folder / "camera-intrinsics.txt", INTRINSICS)
    for number, frame in enumerate(seen):
        stem = folder / f"frame-{number:06}"
        write_png(stem.with_suffix(".color.png"), frame.colour)
        depth = np.where(frame.depth, frame.depth, 65535).astype(np.uint16)
        write_png(stem.with_suffix(".depth.png"), depth)
        np.savetxt(stem.with_suffix(".pose.txt"), frame.pose)
        if labels:
            write_png(stem.with_suffix(".label.png"), frame.labels)
        if things:
            write_png(stem.with_suffix(".instance.png"), frame.things)
    return folder


def scannet(folder: Path, seen: list[RoomFrame]) -> Path:
    """Write frames as ScanNet exports them: z up, colour twice as large and off-centre."""
    for part in ("color", "depth", "pose", "intrinsic"):
        (folder / part).mkdir(parents=True)
    matrix = np.eye(4)
    matrix[:3, :3] = INTRINSICS
    np.savetxt(folder / "intrinsic/intrinsic_depth.txt", matrix)
    matrix[:2] = matrix[:2] * 2 + (0, 0, 0.5, 0)  # two pixels of colour a pixel of depth
    np.savetxt(folder / "intrinsic/intrinsic_color.txt", matrix)
    for number, frame in enumerate(seen):
        large = frame.colour.repeat(2, 0).repeat(2, 1)
        Image.fromarray(large).save(folder / f"color/{number * 10}.jpg", quality=95)
        write_png(folder / f"depth/{number * 10}.png", frame.depth)
        np.savetxt(folder / f"pose/{number * 10}.txt", z_up(frame.pose))
    return folder


def sens(path: Path, seen: list[RoomFrame]) -> Path:
    """Write frames as a .sens file."""
    import io

    matrix = np.eye(4, dtype="<f4")
    matrix[:3, :3] = INTRINSICS
    same = np.eye(4, dtype="<f4")
    data = struct.pack("<IQ", 4, 5) + b"depth"
    data += b"".join(m.tobytes() for m in (matrix, same, matrix, same))
    data += struct.pack("<iiIIIIfQ", 2, 1, *SIZE[::-1], *SIZE[::-1], 1000.0, len(seen))
    for number, frame in enumerate(seen):
        out = io.BytesIO()
        Image.fromarray(frame.colour).save(out, "JPEG", quality=95)
        packed = zlib.compress(frame.depth.astype("<u2").tobytes())
        data += z_up(frame.pose).astype("<f4").tobytes()
        data += struct.pack("<QQQQ", number, number, len(out.getvalue()), len(packed))
        data += out.getvalue() + packed
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data + struct.pack("<Q", 0))  # no inertial measurements
    return path


def tum(folder: Path, seen: list[RoomFrame]) -> Path:
    """Write frames as TUM RGB-D has them: times differ a little, more poses than images."""
    for part in ("rgb", "depth"):
        (folder / part).mkdir(parents=True)
    np.savetxt(folder / "camera-intrinsics.txt", INTRINSICS)
    lists = {"rgb": ["# color images"], "depth": ["# depth maps"], "groundtruth": ["# poses"]}
    for number, frame in enumerate(seen):
        time = 1000 + number / 10
        write_png(folder / f"rgb/{number}.png", frame.colour)
        write_png(folder / f"depth/{number}.png", frame.depth * np.uint16(5))
        lists["rgb"].append(f"{time + 0.013:.6f} rgb/{number}.png")
        lists["depth"].append(f"{time:.6f} depth/{number}.png")
        pose = z_up(frame.pose)
        numbers = " ".join(f"{v:.12f}" for v in (*pose[:3, 3], *quaternion(pose[:3, :3])))
        lists["groundtruth"].append(f"{time - 0.004:.6f} {numbers}")
        lists["groundtruth"].append(f"{time + 0.05:.6f} 9 9 9 0 0 0 1")
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    return folder


def z_up(pose: np.ndarray) -> np.ndarray:
    """Turn a pose from the world with y down to the one with z up."""
    turned = np.eye(4)
    turned[:3, :3], turned[:3, 3] = TURN_UP @ pose[:3, :3], TURN_UP @ pose[:3, 3]
    return turned


def quaternion(turn: np.ndarray) -> np.ndarray:
    """x y z w of a rotation: the eigenvector that Bar-Itzhack's matrix has for its largest."""
    a, b, c = turn
    matrix = np.array(
        [
            [a[0] - b[1] - c[2], b[0] + a[1], c[0] + a[2], c[1] - b[2]],
            [b[0] + a[1], b[1] - a[0] - c[2], c[1] + b[2], a[2] - c[0]],
            [c[0] + a[2], c[1] + b[2], c[2] - a[0] - b[1], b[0] - a[1]],
            [c[1] - b[2], a[2] - c[0], b[0] - a[1], a[0] + b[1] + c[2]],
        ]
    )
    return np.linalg.eigh(matrix)[1][:, -1]
