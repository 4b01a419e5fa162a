import numpy as np

from pcv.data.resize import scale_intrinsics, shrink_colour, shrink_depth


def test_a_smaller_image_shows_the_same_at_the_same_place() -> None:
    """A linear ramp of colour, whose pixel shows its own centre, still does after resizing."""
    old, new = (12, 20), (4, 5)
    rows, columns = np.indices(old) + 0.5
    ramp = np.stack([rows * 10, columns * 10, rows * 0], -1).astype(np.uint8)
    small = shrink_colour(ramp, new)
    camera = np.array([[30.0, 0, 9.7], [0, 31, 6.3], [0, 0, 1]])
    scaled = scale_intrinsics(camera, old, new)
    for v, u in np.ndindex(new):
        ray = np.linalg.inv(scaled) @ (u + 0.5, v + 0.5, 1)
        before = camera @ ray
        np.testing.assert_allclose(small[v, u, :2] / 10, before[1::-1], atol=0.06)


def test_a_window_takes_part_of_an_image() -> None:
    image = np.arange(6 * 8 * 3).reshape(6, 8, 3).astype(np.uint8)
    part = shrink_colour(image, (2, 3), np.array([[2.0, 4.0], [3.0, 6.0]]))
    np.testing.assert_array_equal(part, image[2:4, 3:6])


def test_depth_keeps_one_of_two_surfaces() -> None:
    depth = np.array([[1000, 1000, 3000, 0], [1002, 3000, 3000, 0]], np.uint16)
    assert shrink_depth(depth, (1, 2)).tolist() == [[1000, 3000]]
    assert shrink_depth(depth * 0, (1, 2)).tolist() == [[0, 0]]
