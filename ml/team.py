"""Processes that train one network together, each on its part of every batch (torchrun starts them)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Team:
    """This process's place among `size`. One process alone is a team, too."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process speaks for all: it reports, saves and decides."""
        return self.rank == 0

    def agreed(self, *, is_so: bool) -> bool:
        """What the leader says, in every process: else one would stop and the others wait for it for ever."""
        if self.size == 1:
            return is_so
        said = torch.tensor([float(is_so)])
        distributed.broadcast(said, src=0)
        return bool(said.item())

    def joined(self, module: nn.Module) -> nn.Module:
        """The module with gradients that are means over the team."""
        return module if self.size == 1 else DistributedDataParallel(module)


@contextmanager
def team_of_environment() -> Iterator[Team]:
    """The team that torchrun describes in the environment; alone without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team()
        return
    # gloo also where the networks are on GPUs: `agreed` speaks of numbers in main memory
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(backend)
    try:
        yield Team(rank=distributed.get_rank(), size=size)
    finally:
        distributed.destroy_process_group()
