"""Where the home folder lies, as the kernel's table of mounts says it."""

from pathlib import Path

import pytest

from app.cli.serve import warn_if_fleeting
from app.doctor import home_hop
from app.mounts import find_file_system, find_fleeting
from app.settings import Settings

TABLE = r"""
22 1 0:20 / / rw,relatime - overlay overlay rw,lowerdir=/a:/b
23 22 0:21 / /proc rw - proc proc rw
24 22 8:1 /volumes/home /var/lib/equimark rw master:1 - ext4 /dev/sda1 rw
25 22 0:30 / /tmp rw - tmpfs tmpfs rw
26 25 8:2 / /tmp/a\040disk rw - xfs /dev/sdb1 rw
27 24 0:31 / /var/lib/equimark/work rw - ext4 /dev/sda1 rw
28 24 0:32 / /var/lib/equimark/work rw - tmpfs tmpfs rw
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    path = tmp_path / "mountinfo"
    path.write_text(TABLE.strip())
    return path


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/srv/home", "overlay"),
        ("/var/lib/equimark", "ext4"),
        ("/var/lib/equimark/blobs", "ext4"),
        ("/var/lib/equimark-2", "overlay"),
        ("/var/lib/equimark/work/run-1", "tmpfs"),
        ("/tmp/home", "tmpfs"),
        ("/tmp/a disk/home", "xfs"),
    ],
)
def test_a_folder_lies_on_the_deepest_and_last_mount_above_it(mounts: Path, folder: str, kind: str):
    assert find_file_system(Path(folder), mounts=mounts) == kind


def test_case_137_what_goes_with_the_container_or_the_power_is_named(mounts: Path):
    def fleeting(folder: str, *, inside: bool) -> str | None:
        return find_fleeting(Path(folder), is_in_container=inside, mounts=mounts)

    assert fleeting("/srv/home", inside=True) == "overlay"
    assert fleeting("/srv/home", inside=False) is None  # of a machine whose own root is an overlay
    assert fleeting("/tmp/home", inside=False) == "tmpfs"
    assert fleeting("/var/lib/equimark", inside=True) is None


def test_a_system_that_does_not_say_is_believed(tmp_path: Path):
    assert find_fleeting(tmp_path, is_in_container=True, mounts=tmp_path / "none") is None


def test_case_137_a_service_whose_labels_will_be_gone_says_so_at_its_start_and_to_the_doctor(
    settings: Settings, mounts: Path, capsys: pytest.CaptureFixture[str]
):
    inside = settings.model_copy(update={"listens_in_container": True, "home_dir": Path("/srv/home")})
    kept = inside.model_copy(update={"home_dir": Path("/var/lib/equimark")})
    elsewhere = inside.model_copy(
        update={"database_url": "postgresql://somewhere", "blobs_url": "s3://bucket"}
    )

    said = {}
    for name, given in {"inside": inside, "kept": kept, "elsewhere": elsewhere}.items():
        warn_if_fleeting(given, mounts=mounts)
        said[name] = capsys.readouterr().err

    assert "WARNING" in said["inside"]
    assert "/srv/home" in said["inside"]
    assert (said["kept"], said["elsewhere"]) == ("", "")
    assert home_hop(inside, mounts=mounts) == (
        False,
        "/srv/home lies on overlay: it is gone with this container. Mount a volume there",
    )
    assert home_hop(kept, mounts=mounts)[0]
    assert home_hop(elsewhere, mounts=mounts)[0]
