"""Networks: shapes, sizes of the paper, and what sees what."""

import math

import pytest
import torch
from torch import nn

from ml.errors import UnknownNet
from ml.nets import build_net, known_nets
from ml.nets.attribute_head import AttributeHead
from ml.nets.soft_argmax import SoftArgmax
from ml.types import AttributeSpec

ATTRIBUTES = (
    AttributeSpec(name="side", classes=("palm", "back")),
    AttributeSpec(name="yaw", minimum=0.0, maximum=10.0),
)


def convolution_weights(net):
    return sum(layer.weight.numel() for layer in net.modules() if isinstance(layer, nn.Conv2d))


@pytest.mark.parametrize("name", known_nets())
def test_a_network_gives_landmarks_in_the_picture_and_every_attribute(name):
    net = build_net(name, landmarks=5, attributes=ATTRIBUTES, input_px=64).eval()

    output = net(torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8))

    assert output.xy.shape == (2, 5, 2)
    assert [tuple(values.shape) for values in output.attributes] == [(2, 2), (2, 1)]
    assert output.log_heat.exp().sum(-1).allclose(torch.ones(2, 5), atol=1e-4)
    assert ((output.xy > 0) & (output.xy < 64)).all()


@pytest.mark.parametrize(
    ("name", "landmarks", "input_px", "weights"),
    # science.md section 2; HGR1 1.46 M, Blocks 26.7 k
    [("seq_mt_hgr1", 25, 64, 1_461_888), ("seq_mt_blocks", 5, 60, 26_672)],
)
def test_the_papers_landmark_networks_have_the_papers_size(name, landmarks, input_px, weights):
    net = build_net(name, landmarks=landmarks, attributes=(), input_px=input_px)

    assert convolution_weights(net) == weights


@pytest.mark.parametrize(
    ("name", "classes", "wanted"),
    [("seq_mt_hgr1", 27, [256, 256, 27]), ("seq_mt_blocks", 15, [256, 256, 15])],
)
def test_the_papers_attribute_heads_have_the_papers_layers(name, classes, wanted):
    gesture = AttributeSpec(name="gesture", classes=tuple(map(str, range(classes))))
    net = build_net(name, landmarks=5, attributes=(gesture,), input_px=60)

    assert [layer.out_features for layer in net.head.modules() if isinstance(layer, nn.Linear)] == wanted


def test_the_papers_networks_see_gray_pictures_only():
    net = build_net("seq_mt_blocks", landmarks=2, attributes=(), input_px=20).eval()
    gray = torch.full((1, 3, 20, 20), 100.0)
    # the same luma in another colour: 0.299 r + 0.587 g + 0.114 b
    tinted = gray + torch.tensor([10.0, 0.0, -10 * 0.299 / 0.114]).reshape(1, 3, 1, 1)

    assert net(gray).xy.allclose(net(tinted).xy, atol=1e-3)


def test_an_unknown_network_is_refused_by_name():
    with pytest.raises(UnknownNet, match="'resnet'"):
        build_net("resnet", landmarks=1, attributes=(), input_px=64)


def test_a_picture_that_does_not_halve_evenly_is_refused():
    with pytest.raises(ValueError, match="multiple"):
        build_net("unet", landmarks=1, attributes=(), input_px=97)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (3, 5), (7, 7)])
def test_soft_argmax_of_a_single_peak_is_the_centre_of_its_cell(row, column):
    soft_argmax = SoftArgmax(beta=1.0, input_px=32, cells=8)
    maps = torch.zeros(1, 1, 8, 8)
    maps[0, 0, row, column] = 200.0

    log_heat, xy = soft_argmax(maps)

    assert xy[0, 0].tolist() == pytest.approx([4 * column + 2, 4 * row + 2], abs=1e-4)
    assert soft_argmax.confidence(log_heat, xy).item() == pytest.approx(1.0)


def test_soft_argmax_of_flat_maps_is_the_middle_and_not_sure():
    soft_argmax = SoftArgmax(beta=1.0, input_px=64, cells=32)

    log_heat, xy = soft_argmax(torch.zeros(1, 1, 32, 32))

    assert xy[0, 0].tolist() == pytest.approx([32.0, 32.0], abs=1e-4)
    assert soft_argmax.confidence(log_heat, xy).item() < 0.05


def test_beta_sharpens():
    maps = torch.zeros(1, 1, 1, 4).repeat(1, 1, 4, 1)
    maps[..., 3] = 1.0
    flat = SoftArgmax(beta=0.001, input_px=4, cells=4)(maps)[1][0, 0, 0].item()
    sharp = SoftArgmax(beta=100.0, input_px=4, cells=4)(maps)[1][0, 0, 0].item()

    assert flat == pytest.approx(2.0, abs=0.01)
    assert sharp == pytest.approx(3.5, abs=0.01)


def test_attributes_reach_the_landmark_network_through_the_coordinates_alone():
    net = build_net("unet_tiny", landmarks=3, attributes=ATTRIBUTES, input_px=32)
    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 255

    output = net(pictures)
    (through,) = torch.autograd.grad(output.attributes[0].sum(), output.xy, retain_graph=True)
    output.attributes[0].sum().backward()

    assert through.abs().sum() > 0
    assert all(p.grad is not None for p in net.landmark_net.parameters())
    again = net.head(output.xy.detach())
    assert not math.isnan(again[0].sum().item())


def test_a_numeric_attribute_starts_within_its_scale():
    head = AttributeHead(landmarks=2, attributes=ATTRIBUTES[1:], input_px=32, hidden=(8,), dropout=0.0).eval()

    (value,) = head(torch.full((1, 2, 2), 16.0))

    assert 0 < value.item() < 10
