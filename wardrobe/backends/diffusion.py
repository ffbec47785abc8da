"""The small profile's try-on: a compact diffusion model over maps of the region (diffusers)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DModel
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from wardrobe import physics
from wardrobe.errors import ModelError
from wardrobe.stages.tryon import Fitting
from wardrobe.types import Image

MIN_JOINT = 0.5
#: One step from pure noise is what training's error asks for; more, and single draws, add folds that are
#: sharper and elsewhere. Chosen on pairs held out of training.
STEPS, DRAWS = 1, 4


WIDTHS = (32, 64, 96, 128)


def unet(widths: Sequence[int] = WIDTHS) -> Any:
    """The network: noise and conditions in, the answer's four channels out."""
    plain = len(widths) - 1
    return UNet2DModel(
        sample_size=physics.SIZE,
        in_channels=physics.ANSWERS + physics.CHANNELS,
        out_channels=physics.ANSWERS,
        layers_per_block=1,
        block_out_channels=tuple(widths),
        down_block_types=("DownBlock2D",) * plain + ("AttnDownBlock2D",),
        up_block_types=("AttnUpBlock2D",) + ("UpBlock2D",) * plain,
        norm_num_groups=8,
        dropout=0.1,  # in training only
        attention_head_dim=16,
    )


def scheduler() -> Any:
    """1,000 steps of training noise, the answer itself predicted; sampling begins at pure noise
    ("trailing": Lin, Liu, Li, Yang, WACV 2024), so that few steps are enough."""
    return DDIMScheduler(
        num_train_timesteps=1000,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        clip_sample=True,
        timestep_spacing="trailing",
    )


class SmallTryOn:
    """Edges, folds, shade and light of a bent garment, the mean of a few draws by DDIM; deterministic
    for a seed.

    Args:
        path: ``models/tryon-small/weights.safetensors``.
        device: a torch device.
        widths: of the network's levels.

    Raises:
        ModelError: the weights can't be read or aren't this network's.
    """

    def __init__(self, path: Path, *, device: str, widths: Sequence[int] = WIDTHS) -> None:
        net = unet(widths)
        try:
            tensors = {k: v.float() for k, v in load_file(path).items()}
            net.load_state_dict(tensors, strict=True)
        except (OSError, SafetensorError, RuntimeError) as e:
            raise ModelError(
                f"{path} is not this network's: {e}. Run `wardrobe models verify`."
            ) from e
        self._net, self._device = net.to(device).eval(), device

    def __call__(self, fittings: Sequence[Fitting], *, seed: int, steps: int) -> list[Image]:
        out = []
        for f in fittings:
            seen = physics.view(f.dressed, f.pose, MIN_JOINT)
            condition = torch.from_numpy(seen.planes).to(self._device).expand(DRAWS, -1, -1, -1)
            drawn = sample(self._net, condition, seed, steps or STEPS).mean(dim=0).cpu().numpy()
            cloth = seen.planes[physics.CLOTH] * 0.5 + 0.5
            answer = np.concatenate([physics.levelled(drawn[:3], cloth), drawn[3:]])
            out.append(physics.applied(f.dressed, seen, answer.astype(np.float32)))
        return out


@torch.inference_mode()
def sample(net: Any, condition: Tensor, seed: int, steps: int) -> Tensor:
    """(n, 4, 64, 48) answers in [-1, 1]; the noise is drawn on the CPU, alike on every device."""
    schedule = scheduler()
    schedule.set_timesteps(steps)
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn((len(condition), physics.ANSWERS, *physics.SIZE), generator=generator).to(
        condition.device
    )
    for t in schedule.timesteps:
        said = net(torch.cat([x, condition], dim=1), t).sample
        x = schedule.step(said, t, x, eta=0.0).prev_sample
    return x.clamp(-1, 1)
