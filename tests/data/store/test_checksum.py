import hashlib
from pathlib import Path

from pcv.clip import VideoSource
from pcv.data.prepare import prepare
from pcv.data.store.checksum import file_checksum, files_checksum, fingerprint, source_checksum
from pcv.data.store.store import Store, read_attributes


def test_checksums_of_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    one, two = (hashlib.sha256(word).digest() for word in (b"one", b"two"))
    assert file_checksum(tmp_path / "a") == one.hex()
    whole = hashlib.sha256(b"a\0" + one + b"b\0" + two).hexdigest()
    assert file_checksum(tmp_path) == whole
    text = f"a {one.hex()}\nb {two.hex()}\n"
    both = (tmp_path / "a", tmp_path / "b")
    assert files_checksum(both) == hashlib.sha256(text.encode()).hexdigest()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"one")
    before = files_checksum((tmp_path / "a",))
    (tmp_path / "a").write_bytes(b"three")
    assert files_checksum((tmp_path / "a",)) != before


def test_the_files_of_a_recording_have_one_checksum(tmp_path: Path) -> None:
    files = (tmp_path / "a", tmp_path / "b")
    for file in files:
        file.write_text(file.name)
    source = VideoSource(files[0], "v", 0, 0, 0, "test")
    assert source_checksum(source) == file_checksum(files[0])
    several = source._replace(files=files)
    before = source_checksum(several)
    assert before == files_checksum(files)
    files[1].write_text("cc")
    assert source_checksum(several) != before


def test_the_fingerprint_tells_stores_apart_and_not_their_places(
    store: Store, raw, reader, tmp_path: Path
) -> None:
    prepare(reader, raw, tmp_path / "again", points=64, jobs=2)
    prepare(reader, raw, tmp_path / "fewer", points=48)
    again, fewer = (fingerprint(read_attributes(tmp_path / n)) for n in ("again", "fewer"))
    assert again == fingerprint(store.attributes) != fewer
