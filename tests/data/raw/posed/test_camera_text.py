"""The forms in which datasets and tools write a pinhole camera; all tell 572, 571, 320, 240."""

import numpy as np
import pytest

from pcv.data.raw.posed.camera_text import read_camera_text

FORMS = {
    "matrix": "572 0 320\n0 571 240\n0 0 1\n",
    "commas": "572.0, 0.0, 320.0\n0.0, 571.0, 240.0\n0.0, 0.0, 1.0\n",
    "brackets": "[[572, 0, 320], [0, 571, 240], [0, 0, 1]]",
    "four by four": "572 0 320 0\n0 571 240 0\n0 0 1 0\n0 0 0 1\n",
    "three by four": "572 0 320 0\n0 571 240 0\n0 0 1 0\n",
    "one line": "572 571 320 240\n",
    "comment": "# fx fy cx cy\n572 571 320 240  // pixels\n",
    "header": "fx,fy,cx,cy\n572,571,320,240\n",
    "12-Scenes": "m_versionNumber = 4\nm_sensorName = Structure Sensor\nm_depthWidth = 640\n"
    "m_depthHeight = 480\nm_depthShift = 1000\n"
    "m_calibrationColorIntrinsic = 1158 0 649 0 0 1153 483.5 0 0 0 1 0 0 0 0 1 \n"
    "m_calibrationColorExtrinsic = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 \n"
    "m_calibrationDepthIntrinsic = 572 0 320 0 0 571 240 0 0 0 1 0 0 0 0 1 \n"
    "m_calibrationDepthExtrinsic = 1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1 \nm_frames.size = 1164\n",
    "ScanNet": "axisAlignment = 0.9 0.3 0 1 -0.3 0.9 0 2 0 0 1 0 0 0 0 1 \ncolorWidth = 1296\n"
    "fx_color = 1170\nfx_depth = 572\nfy_color = 1170\nfy_depth = 571\nmx_color = 647\n"
    "mx_depth = 320\nmy_color = 483\nmy_depth = 240\nnumDepthFrames = 5578\n",
    "keys": "fx = 572\nfy = 571\ncx = 320\ncy = 240\n",
    "words": "fx 572\nfy 571\ncx 320\ncy 240\n",
    "within": "Intrinsics: fx=572, fy=571, cx=320, cy=240\n",
    "section": "[camera]\nfx=572.0\nfy=571.0\ncx=320.0\ncy=240.0\n",
    "MATLAB": "K = [572 0 320; 0 571 240; 0 0 1]\n",
    "NumPy": "K = np.array([[572., 0., 320.],\n  [0., 571., 240.],\n  [0., 0., 1.]])\n",
    "YAML": "camera:\n  fx: 572\n  fy: 571\n  cx: 320\n  cy: 240\n",
    "ORB-SLAM": "%YAML:1.0\n\nCamera.type: \"PinHole\"\nCamera.fx: 572.0\nCamera.fy: 571.0\n"
    "Camera.cx: 320.0\nCamera.cy: 240.0\nCamera.k1: 0.26\nCamera.width: 640\n"
    "Camera.height: 480\nDepthMapFactor: 1000.0\n",
    "ORB-SLAM3": "%YAML:1.0\nCamera1.fx: 572.0\nCamera1.fy: 571.0\nCamera1.cx: 320.0\n"
    "Camera1.cy: 240.0\n",
    "OpenCV": "%YAML:1.0\n---\ncamera_matrix: !!opencv-matrix\n   rows: 3\n   cols: 3\n   dt: d\n"
    "   data: [ 572., 0., 320., 0.,\n       571., 240., 0., 0., 1. ]\n",
    "ROS": "image_width: 640\nimage_height: 480\ncamera_name: kinect\ncamera_matrix:\n  rows: 3\n"
    "  cols: 3\n  data: [572, 0, 320, 0, 571, 240, 0, 0, 1]\ndistortion_model: plumb_bob\n"
    "distortion_coefficients: {rows: 1, cols: 5, data: [0, 0, 0, 0, 0]}\n"
    "projection_matrix:\n  rows: 3\n  cols: 4\n"
    "  data: [570, 0, 319, 0, 0, 570, 239, 0, 0, 0, 1, 0]\n",
    "Kalibr": "cam0:\n  camera_model: pinhole\n  intrinsics: [572, 571, 320, 240]\n"
    "  resolution: [640, 480]\n",
    "NICE-SLAM": "cam:\n  H: 480\n  W: 640\n  fx: 572\n  fy: 571\n  cx: 320\n  cy: 240\n"
    "  png_depth_scale: 1000.0\n",
    "Replica": '{"camera": {"w": 640, "h": 480, "fx": 572, "fy": 571, "cx": 320, "cy": 240, '
    '"scale": 6553.5}}',
    "Open3D": '{"width": 640, "height": 480, "intrinsic_matrix": '
    "[572, 0, 0, 0, 571, 0, 320, 240, 1]}",
    "RealSense": '{"depth": {"width": 640, "height": 480, "ppx": 320, "ppy": 240, "fx": 572, '
    '"fy": 571, "model": 4, "coeffs": [0, 0, 0, 0, 0]}, "color": {"ppx": 1, "ppy": 2, '
    '"fx": 900, "fy": 900}}',
    "NeRF": '{"fl_x": 572, "fl_y": 571, "cx": 320, "cy": 240, "w": 640, "h": 480, "frames": '
    '[{"file_path": "a.png", "transform_matrix": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}]}',
    "COLMAP": "# CAMERA_ID, MODEL, WIDTH, HEIGHT, PARAMS[]\n"
    "1 PINHOLE 640 480 572 571 320.5 240.5\n",
    "pairs": "focal_length: [572, 571]\nprincipal_point: [320, 240]\n",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_common_forms_are_understood(form: str) -> None:
    told = read_camera_text(FORMS[form])
    depth = told.get("", {}) | told.get("depth", {})
    assert [depth[name] for name in ("fx", "fy", "cx", "cy")] == [572, 571, 320, 240]
    assert depth.get("width", 640) == 640
    assert depth.get("height", 480) == 480


def test_sensors_sizes_and_units_are_told_apart() -> None:
    told = read_camera_text(FORMS["12-Scenes"])
    assert told["colour"] == {"fx": 1158, "fy": 1153, "cx": 649, "cy": 483.5}
    assert told["depth"]["scale"] == 1000
    assert (told["depth"]["height"], told["depth"]["width"]) == (480, 640)
    assert read_camera_text(FORMS["Replica"])[""]["scale"] == 6553.5
    assert read_camera_text("572 571 320 240", "colour").keys() == {"colour"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no camera"),
        ("recorded on a Monday\n", "no camera"),
        ("572 0 320\n0 571 240\n", "no camera"),
        ("m_calibrationDepthIntrinsic = 572 0 320 0 0 571\n", "no camera"),
        ("fx: 572\nfy: 571\n", "no camera"),
        ("K: [572, x, 320, 240]\n", "no camera"),
        ("0.5 0.6 0.5 0.5\n", "focal length of 0.5"),
        ("fx: 481\nfy: -480\ncx: 320\ncy: 240\n", "focal length of -480"),
        ("1 2 3\n4 5 6\n7 8 9\n", "no camera's"),
        ("nan nan nan\nnan nan nan\nnan nan nan\n", "not finite"),
        ("cam0: {intrinsics: [572, 571, 320, 240]}\ncam1: {intrinsics: [600, 600, 320, 240]}\n",
         "several cameras"),
        ("camera_model: fisheye\nintrinsics: [572, 571, 320, 240]\n", "no pinhole"),
        ("1 OPENCV 640 480 572 571 320 240 0.1 0 0 0\n", "no camera"),
        ("[" * 3000, "no camera"),
        ("a: &a [1, 2]\nb: *c\n", "no camera"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_camera_text(text)


def test_no_damage_escapes() -> None:
    rng = np.random.default_rng(0)
    strange = ["nan", "inf", "-1", "1e999", "1" * 400, "", "x", "\x00", ":", "[", "{", "!!python"]
    for text in FORMS.values():
        for _ in range(20):
            at = int(rng.integers(len(text)))
            mutant = text[:at] + str(rng.choice(strange)) + text[at + int(rng.integers(4)) :]
            try:
                read_camera_text(mutant if rng.random() < 0.7 else mutant[:at])
            except ValueError:
                continue
