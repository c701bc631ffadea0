"""The paper's numbers (Honari et al., CVPR 2018, arXiv 1709.01591v5), lower is better.

Errors by percent of training images with landmarks; means of five seeds in Tables 1 and 2.
"""

from collections.abc import Mapping
from dataclasses import dataclass

Errors = Mapping[float, float]
Row = tuple[str, str]  # title of the system, losses

# sets whose protocol we follow to the letter; numbers of the others are for reading only
COMPARABLE = frozenset({"blocks", "hgr1"})


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """One table, or one set's part of a table.

    unit         of the errors
    landmarks    how many the set has; None where our notes of the paper do not say
    errors       row -> percent -> error
    """

    citation: str
    unit: str
    landmarks: int | None
    errors: Mapping[Row, Errors]


def _row(percents: tuple[float, ...], *errors: float) -> Errors:
    return dict(zip(percents, errors, strict=False))


SIX: tuple[float, ...] = (1, 5, 10, 20, 50, 100)
FIVE = SIX[1:]
ENDS: tuple[float, ...] = (5, 100)
FEW: tuple[float, ...] = (1, 5, 100)
WHOLE: tuple[float, ...] = (100,)

BLOCKS = PaperTable(
    citation="Table 1, Blocks",
    unit="px",
    landmarks=5,
    errors={
        ("Seq-MT", "L"): _row(SIX, 8.33, 3.95, 3.35, 1.98, 1.19, 0.44),
        ("Seq-MT", "L+A"): _row(SIX, 8.02, 3.45, 3.20, 1.67, 1.05, 0.38),
        ("Seq-MT", "L+ELT"): _row(SIX, 6.42, 1.94, 1.37, 1.16, 0.85),
        ("Seq-MT", "L+ELT+A"): _row(SIX, 6.25, 1.70, 1.26, 1.07, 0.74),
        ("Comm-MT", "L"): _row(SIX, 12.89, 11.56, 10.72, 9.39, 5.04, 3.41),
        ("Comm-MT", "L+A"): _row(SIX, 12.28, 11.19, 10.36, 9.01, 4.21, 2.97),
        ("Heatmap-MT", "L"): _row(SIX, 10.09, 6.59, 5.27, 3.82, 2.78, 2.01),
        ("Heatmap-MT", "L+A"): _row(SIX, 9.27, 6.35, 5.62, 3.75, 3.14, 2.23),
    },
)

HGR1 = PaperTable(
    citation="Table 2, HGR1 hands",
    unit="% of wrist width",
    landmarks=25,
    errors={
        ("Seq-MT", "L"): _row(FIVE, 57.6, 41.1, 32.0, 21.4, 15.8),
        ("Seq-MT", "L+A"): _row(FIVE, 50.0, 38.1, 28.1, 19.8, 16.9),
        ("Seq-MT", "L+ELT"): _row(FIVE, 43.7, 31.5, 25.1, 17.7),
        ("Seq-MT", "L+ELT+A"): _row(FIVE, 38.5, 30.3, 24.0, 19.1),
        ("Comm-MT", "L"): _row(FIVE, 77.1, 62.8, 52.7, 41.8, 35.7),
        ("Comm-MT", "L+A"): _row(FIVE, 53.4, 39.3, 35.5, 26.9, 24.1),
        ("Heatmap-MT", "L"): _row(FIVE, 66.5, 51.9, 42.4, 30.9, 25.5),
        ("Heatmap-MT", "L+A"): _row(FIVE, 64.8, 54.9, 43.2, 30.5, 26.7),
        ("RCN+", "L"): _row(WHOLE, 11.02),
        ("RCN+", "L+A"): _row(WHOLE, 10.88),
    },
)

MULTIPIE = PaperTable(
    citation="the table of Multi-PIE",
    unit="% of eye distance",
    landmarks=68,
    errors={
        ("Seq-MT", "L"): _row(FIVE, 7.98, 7.02, 6.28, 5.50, 5.09),
        ("Seq-MT", "L+A"): _row(FIVE, 7.71, 6.91, 6.20, 5.49, 5.12),
        ("Seq-MT", "L+ELT"): _row(FIVE, 6.69, 6.24, 5.78, 5.27),
        ("Seq-MT", "L+ELT+A"): _row(FIVE, 6.57, 6.16, 5.73, 5.23),
        ("Comm-MT", "L"): _row(ENDS, 9.22, 5.71),
        ("Heatmap-MT", "L"): _row(ENDS, 10.83, 6.63),
    },
)

W300 = PaperTable(
    citation="the table of 300W, full test set",
    unit="% of eye distance",
    landmarks=68,
    errors={
        ("Seq-MT", "L"): _row(FIVE, 9.82, 8.30, 7.26, 6.28, 5.95),
        ("Seq-MT", "L+ELT"): _row(FIVE, 8.23, 7.28, 6.62, 6.10, 5.74),
        ("RCN+", "L"): _row(FIVE, 7.26, 6.48, 5.91, 5.52, 5.26),
        ("RCN+", "L+ELT"): _row(FIVE, 7.22, 6.32, 5.88, 5.45, 5.10),
    },
)

AFLW = PaperTable(
    citation="the table of AFLW",
    unit="% of face size",
    landmarks=None,
    errors={
        ("RCN+", "L"): _row(FEW, 2.88, 2.17, 1.61),
        ("RCN+", "L+ELT+A"): _row(FEW, 2.46, 2.03, 1.59),
    },
)


def _mtfl(part: str, alone: float, with_attributes: float) -> PaperTable:
    return PaperTable(
        citation=f"the table of MTFL, {part} part",
        unit="% of eye distance",
        landmarks=None,
        errors={("RCN+", "L"): _row(WHOLE, alone), ("RCN+", "L+A"): _row(WHOLE, with_attributes)},
    )


PAPER: Mapping[str, PaperTable] = {
    "blocks": BLOCKS,
    "hgr1": HGR1,
    "multipie": MULTIPIE,
    "300w": W300,
    "aflw": AFLW,
    "mtfl_aflw": _mtfl("AFLW", 5.22, 5.02),
    "mtfl_afw": _mtfl("AFW", 5.13, 5.08),
}


def paper_curve(data_name: str | None, title: str, losses: str) -> Errors:
    """Percent -> the paper's error in its table's unit; empty where the paper or the comparison has none."""
    if data_name not in COMPARABLE or data_name is None:
        return {}
    return PAPER[data_name].errors.get((title, losses), {})


def paper_error(data_name: str | None, title: str, losses: str, percent: float) -> float | None:
    """The paper's error of one cell in its table's unit; None where it, or a fair comparison, is missing."""
    return paper_curve(data_name, title, losses).get(percent)
