"""Which kinds of file are images here. The first bytes decide, never a name or a Content-Type."""

from app.images.errors import FormatNotSupported, NotAnImage

READ = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # Pillow decoders that are ever opened
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
}
_MAGIC = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
)
# what a whole file ends with; no byte of a JPEG's pixels is a marker, so there it stands nowhere else
_LAST = {"JPEG": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b"\0;"}
_KNOWN_ELSEWHERE = (
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "PostScript"),
    (b"SIMPLE  =", "FITS"),
    (b"icns", "ICNS"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x00\x00\x02\x00", "CUR"),
    (b"DDS ", "DDS"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\x00\x00\x00\x0cJXL ", "JPEG XL"),
    (b"qoif", "QOI"),
    (b"\x0a\x05\x01", "PCX"),
    (b"\x01\xda", "SGI"),
    (b"P5\n", "PGM"),
    (b"P6\n", "PPM"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"gimp xcf", "GIMP"),
)
_ISO_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIF"}


def detected(content: bytes, name: str) -> str:
    """One of READ.

    Raises:
        FormatNotSupported: an image or document of another kind.
        NotAnImage: nothing that we know.

    """
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    for magic, kind in _KNOWN_ELSEWHERE:
        if content.startswith(magic):
            raise FormatNotSupported(name=name, kind=kind)
    if content[4:8] == b"ftyp" and (brand := _ISO_BRANDS.get(content[8:12])):
        raise FormatNotSupported(name=name, kind=brand)
    if b"<svg" in content[:4096].lower():
        raise FormatNotSupported(name=name, kind="SVG")
    raise NotAnImage(name=name)


def ends_whole(content: bytes, kind: str) -> bool:
    """Whether the last bytes say that nothing is cut off; False where this kind of file says nothing."""
    if kind == "WEBP":  # RFC 9649, section 2.4: the size of all that follows it
        return 8 + int.from_bytes(content[4:8], "little") <= len(content)
    return kind in _LAST and content.rstrip(b"\0").endswith(_LAST[kind])


def webp_size_px(content: bytes) -> tuple[int, int] | None:
    """Width and height of a WebP, before Pillow's decoder allocates its canvas.

    Source: RFC 9649, sections 2.5 to 2.7. None where the header is none.
    """
    chunk, start = content[12:16], 20
    if len(content) < start + 10:
        return None
    if chunk == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if chunk == b"VP8L" and content[start] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        width, height = int.from_bytes(content[26:28], "little"), int.from_bytes(content[28:30], "little")
        return width & 0x3FFF, height & 0x3FFF
    return None
