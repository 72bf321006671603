"""Pictures: what is read, turned and cropped, and what is refused."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from emogen.errors import MediaError
from emogen.media import image_to_frame, read_image, save_image
from tests.media.samples import luma, moving_frames, psnr

PICTURE = moving_frames(1)[0]


def test_png_round_trip_is_exact(tmp_path):
    np.testing.assert_array_equal(read_image(save_image(PICTURE, tmp_path / "a.png")), PICTURE)


@pytest.mark.parametrize(("kind", "least"), [("JPEG", 38), ("WEBP", 36)])
def test_other_kinds_are_read(tmp_path, kind, least):
    Image.fromarray(PICTURE).save(tmp_path / "a", kind, quality=95)
    assert psnr(luma(read_image(tmp_path / "a")), luma(PICTURE)) > least


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(tmp_path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = Image.fromarray(PICTURE)
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}.get(orientation)
    stored = upright if undo is None else upright.transpose(Image.Transpose(undo))
    stored.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), PICTURE)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    if mode == "I;16":
        image = Image.fromarray(np.full((8, 8), 204 << 8, np.uint16))
    else:
        image = Image.new("RGB", (8, 8), (204, 204, 204)).convert(mode)
    image.save(tmp_path / "a", "JPEG" if mode == "CMYK" else "PNG")
    pixels = read_image(tmp_path / "a")
    assert (pixels.shape, pixels.dtype) == ((8, 8, 3), np.uint8)
    if mode != "1":
        assert np.abs(pixels.astype(int) - 204).max() <= 2


def test_transparency_is_laid_over_white(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").min() == 255


def huge_png():
    """A few bytes that claim 60000x60000 pixels."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_hostile_pictures_are_one_clear_line(tmp_path):
    good = save_image(PICTURE, tmp_path / "good.png").read_bytes()
    cases = {
        "text.png": b"hello, this is no picture",
        "empty.png": b"",
        "cut.png": good[: len(good) // 2],
        "broken.png": good[:60] + b"\0" * 40 + good[100:],
        "huge.png": huge_png(),
        "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "script.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "other.bmp": b"BM" + b"\0" * 60,
    }
    for name, data in cases.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(MediaError) as caught:
            read_image(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
    with pytest.raises(MediaError, match="at most 100 pixels, got 96x64"):
        read_image(tmp_path / "good.png", max_pixels=100)
    with pytest.raises(MediaError, match="no such file"):
        read_image(tmp_path / "missing.png")


def test_save_image_checks_its_input(tmp_path):
    for image in (PICTURE.astype(float), PICTURE[0], PICTURE[..., :2], None):
        with pytest.raises(MediaError, match="expected a picture"):
            save_image(image, tmp_path / "a.png")
    with pytest.raises(MediaError, match="png"):
        save_image(PICTURE, tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_image_to_frame_crops_the_centre_without_stretching():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 255
    assert image_to_frame(image, (64, 64)).min() > 240  # the filter sees a little beyond the crop
    assert image_to_frame(image, (96, 32)).shape == (32, 96, 3)
    assert image_to_frame(np.swapaxes(image, 0, 1), (64, 64)).min() > 240


def test_image_to_frame_of_the_same_size_changes_nothing():
    np.testing.assert_array_equal(image_to_frame(PICTURE, (96, 64)), PICTURE)


def test_image_to_frame_does_not_alias():
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::2] = 255
    small = image_to_frame(stripes, (64, 64))
    assert np.abs(small.astype(int) - 127)[:, 4:-4].max() <= 3
    with pytest.raises(MediaError, match="size"):
        image_to_frame(stripes, (0, 64))
