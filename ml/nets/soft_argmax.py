"""Heat maps -> coordinates. Source: Eq. 1 of the paper."""

import torch
from torch import Tensor, nn

NEAR_SHARE = 0.06  # of the picture: heat within this radius of the landmark counts as being sure


class SoftArgmax(nn.Module):
    """L_k = sum_ij softmax(beta M_k)_ij (i, j), with (i, j) the cell's centre in network px.

    The paper counts cells from 0; here the centre of cell (0, 0) lies at (stride / 2, stride / 2), which is
    the frame of `ml.coords`.
    """

    def __init__(self, *, beta: float, input_px: int, cells: int) -> None:
        super().__init__()
        self.beta = beta
        self.cells = cells
        self.cell_px = input_px / cells
        self.near_px = NEAR_SHARE * input_px
        centres = (torch.arange(cells, dtype=torch.float32) + 0.5) * (input_px / cells)
        rows, columns = torch.meshgrid(centres, centres, indexing="ij")
        # (cells * cells, 2) as (x, y), row by row like a flattened map; a constant, so not in the checkpoint
        self.centres: Tensor
        self.register_buffer("centres", torch.stack([columns, rows], dim=-1).reshape(-1, 2), persistent=False)

    def forward(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (B, K, h, w) -> log of their softmax (B, K, h*w), coordinates (B, K, 2) network px."""
        log_heat = (self.beta * maps).flatten(2).log_softmax(dim=-1)
        return log_heat, log_heat.exp() @ self.centres

    def cell_of(self, xy: Tensor) -> Tensor:
        """(B, K, 2) network px -> (B, K) long: flat index of the cell that holds the point."""
        column, row = (xy / self.cell_px).floor().clamp(0, self.cells - 1).long().unbind(-1)
        return row * self.cells + column

    def confidence(self, log_heat: Tensor, xy: Tensor) -> Tensor:
        """Share of the heat near the landmark, (B, K) in 0..1: 1 for one sharp peak, less for a wide one."""
        # |c - p|^2 written out keeps the largest tensor at (B, K, h*w)
        squared = self.centres.square().sum(-1) - 2 * xy @ self.centres.T + xy.square().sum(-1, keepdim=True)
        return (log_heat.exp() * (squared <= self.near_px**2)).sum(-1).clamp(0, 1)
