"""Archives that strangers made, crafted here byte by byte."""

import io
import stat
import struct
import warnings
import zipfile
from random import Random

import pytest

from app.exchange.archive import Limits, check_archive, unpack
from app.exchange.errors import ArchiveInvalid, ArchiveTooLarge, ArchiveUnsafe

SMALL = Limits(entries=100, total_bytes=10_000_000, ratio=20, free_bytes=100_000)


def archive_of(path, *entries, compression=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a name that comes twice, which is the point
        with zipfile.ZipFile(path, "w", compression) as made:
            for entry, content in entries:
                made.writestr(entry, content)
    return path


def entry_of_kind(kind):
    entry = zipfile.ZipInfo("link")
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    return entry


def test_files_and_folders_come_out(tmp_path):
    archive = archive_of(tmp_path / "a.zip", ("a/b.txt", b"one"), ("c.txt", b"two"), ("d/", b""))

    unpack(archive, tmp_path / "out")

    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*")}
    assert found == {"a", "a/b.txt", "c.txt"}
    assert (tmp_path / "out" / "a" / "b.txt").read_bytes() == b"one"


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/x",
        "//x",
        "C:x",
        "C:/x",
        "..\\x",
        "a\\..\\..\\x",
        "a\nb",
        "..",
        "a/..",
        "x" * 300,
    ],
)
def test_case_118_a_name_that_leads_out_is_refused_before_anything_is_written(tmp_path, name):
    archive = archive_of(tmp_path / "a.zip", ("good.txt", b"x"), (name, b"x"))

    with pytest.raises(ArchiveUnsafe):
        unpack(archive, tmp_path / "deep" / "out")

    outside = {
        path for path in tmp_path.rglob("*") if path.is_file() and tmp_path / "deep" not in path.parents
    }
    assert outside == {archive}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_case_118_links_and_devices_are_refused(tmp_path, kind):
    archive = archive_of(tmp_path / "a.zip", (entry_of_kind(kind), b"/etc/passwd"))

    with pytest.raises(ArchiveUnsafe, match="link"):
        unpack(archive, tmp_path / "out")


@pytest.mark.parametrize("names", [("a.txt", "a.txt"), ("a.txt", "A.TXT"), ("a", "a/b"), ("a/b", "a")])
def test_case_118_two_names_for_one_file_are_refused(tmp_path, names):
    archive = archive_of(tmp_path / "a.zip", *((name, b"x") for name in names))

    with pytest.raises(ArchiveUnsafe):
        unpack(archive, tmp_path / "out")


def test_case_118_a_nul_in_a_name_is_refused(tmp_path):
    archive = archive_of(tmp_path / "a.zip", ("abcd", b"x"))
    archive.write_bytes(archive.read_bytes().replace(b"abcd", b"a\0cd"))

    with pytest.raises(ArchiveUnsafe):
        unpack(archive, tmp_path / "out")


def test_case_118_the_message_names_ten_entries_and_counts_the_rest(tmp_path):
    archive = archive_of(tmp_path / "a.zip", *((f"../{number}", b"x") for number in range(15)))

    with pytest.raises(ArchiveUnsafe, match="and 5 more"):
        unpack(archive, tmp_path / "out")


def test_case_119_zeros_are_stopped_by_the_bytes_that_come_out(tmp_path):
    archive = archive_of(tmp_path / "a.zip", ("zeros", bytes(20_000_000)))

    with pytest.raises(ArchiveTooLarge):
        unpack(archive, tmp_path / "out", limits=SMALL)

    written = sum(path.stat().st_size for path in (tmp_path / "out").rglob("*"))
    assert written <= 1_100_000


def test_case_119_a_size_that_lies_helps_nothing(tmp_path):
    archive = archive_of(tmp_path / "a.zip", ("zeros", bytes(20_000_000)))
    honest = struct.pack("<I", 20_000_000)
    archive.write_bytes(archive.read_bytes().replace(honest, struct.pack("<I", 10)))

    with pytest.raises((ArchiveTooLarge, ArchiveInvalid)):
        unpack(archive, tmp_path / "out", limits=SMALL)


def test_case_119_entries_that_share_their_bytes_are_counted_each(tmp_path):
    one = archive_of(tmp_path / "one.zip", ("a", bytes(1_000_000))).read_bytes()
    at = one.index(b"PK\1\2")
    head, central, end = one[:at], one[at : one.index(b"PK\5\6")], one[one.index(b"PK\5\6") :]
    entries = b"".join(central[:-1] + bytes([ord("a") + number]) for number in range(20))
    sizes = struct.pack("<HHII", 20, 20, len(entries), at)
    many = tmp_path / "many.zip"
    many.write_bytes(head + entries + end[:8] + sizes + end[20:])

    with pytest.raises((ArchiveTooLarge, ArchiveInvalid)):
        unpack(many, tmp_path / "out", limits=SMALL)


def test_case_119_too_many_entries_are_refused(tmp_path):
    archive = archive_of(tmp_path / "a.zip", *((f"{number}", b"") for number in range(101)))

    with pytest.raises(ArchiveTooLarge, match="101 entries"):
        unpack(archive, tmp_path / "out", limits=SMALL)


def test_case_119_a_huge_list_of_entries_is_refused_unread(tmp_path):
    archive = archive_of(tmp_path / "a.zip", ("a", b"x"))
    content = bytearray(archive.read_bytes())
    at = content.index(b"PK\5\6")
    content[at + 12 : at + 16] = struct.pack("<I", 2**31)

    with pytest.raises(ArchiveTooLarge, match="list of entries"):
        check_archive(io.BytesIO(content))


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\3\4" + b"x" * 100, b"PK\5\6" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(tmp_path, content):
    path = tmp_path / "a.zip"
    path.write_bytes(content)

    with pytest.raises((ArchiveInvalid, ArchiveTooLarge)):
        unpack(path, tmp_path / "out")


@pytest.mark.parametrize("seed", range(120))
def test_a_damaged_archive_is_refused_or_taken_but_never_an_accident(tmp_path, seed):
    random = Random(seed)
    content = bytearray(
        archive_of(tmp_path / "a.zip", ("a.txt", b"hello" * 100), ("b/c.txt", b"x")).read_bytes()
    )
    for _ in range(3):
        content[random.randrange(len(content))] = random.randrange(256)
    path = tmp_path / "b.zip"
    path.write_bytes(content)

    try:
        unpack(path, tmp_path / "out", limits=SMALL)
    except (ArchiveInvalid, ArchiveUnsafe, ArchiveTooLarge):
        return


def test_an_encrypted_archive_is_refused(tmp_path):
    archive = archive_of(tmp_path / "a.zip", ("a", b"x"), compression=zipfile.ZIP_STORED)
    content = bytearray(archive.read_bytes())
    for magic, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(magic) + offset] |= 1
    archive.write_bytes(content)

    with pytest.raises(ArchiveUnsafe, match="encrypted"):
        unpack(archive, tmp_path / "out")
