"""Networks: shapes, sizes of the paper, and what sees what."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from ml.errors import NotServable, UnknownNet
from ml.nets import build_net, known_nets
from ml.nets.attribute_head import AttributeHead
from ml.nets.plain import ExactConv2d, FoldedConv2d
from ml.nets.soft_argmax import SoftArgmax
from ml.types import AttributeSpec

ATTRIBUTES = (
    AttributeSpec(name="side", classes=("palm", "back")),
    AttributeSpec(name="yaw", minimum=0.0, maximum=10.0),
)


def convolution_weights(net):
    return sum(layer.weight.numel() for layer in net.modules() if isinstance(layer, nn.Conv2d))


@pytest.mark.parametrize("name", known_nets())
@pytest.mark.parametrize("landmarks", [1, 68])
def test_a_network_gives_landmarks_in_the_picture_and_every_attribute(name, landmarks):
    if name == "pretrained":
        pytest.importorskip("efficientnet_lite_pytorch")
    net = build_net(name, landmarks=landmarks, attributes=ATTRIBUTES, input_px=64).eval()

    output = net(torch.randint(0, 256, (2, 3, 64, 64), dtype=torch.uint8))

    assert output.xy.shape == (2, landmarks, 2)
    assert [tuple(values.shape) for values in output.attributes] == [(2, 2), (2, 1)]
    if net.soft_argmax is not None:
        assert output.log_heat.exp().sum(-1).allclose(torch.ones(2, landmarks), atol=1e-4)
        assert net.confidence(output).shape == (2, landmarks)
    assert ((output.xy > -32) & (output.xy < 96)).all()


@pytest.mark.parametrize("name", known_nets())
def test_every_network_learns_from_every_loss_that_it_takes(name, tmp_path):
    if name == "pretrained":
        pytest.importorskip("efficientnet_lite_pytorch")
    net = build_net(name, landmarks=3, attributes=ATTRIBUTES, input_px=64).train()

    output = net(torch.rand(2, 3, 64, 64) * 255)
    landmark = output.log_heat[..., 0].sum() if net.learns_by == "pixels" else output.xy.sum()
    (landmark + sum(values.sum() for values in output.attributes)).backward()

    learning = [(name, p) for name, p in net.named_parameters() if p.requires_grad]
    assert [name for name, p in learning if p.grad is None] == []


@pytest.mark.parametrize(
    ("name", "landmarks", "input_px", "weights"),
    # the paper says 1.46 M for HGR1 and 26.7 k for Blocks
    [
        ("seq_mt_hgr1", 25, 64, 1_461_888),
        ("seq_mt_blocks", 5, 60, 26_672),
        ("seq_mt_shapes", 2, 60, 49 * 16 + 5 * 49 * 256 + 256 + 32),
        ("seq_mt_multipie", 68, 64, 81 * 64 + 4 * 81 * 4096 + 81 * 64 * 68),
        ("seq_mt_300w", 68, 64, 81 * 32 + 6 * 81 * 1024 + 81 * 32 * 68),
        ("heatmap_mt_blocks", 5, 60, 26_672 + 81 * 8 * 5 + 3 * 81 * 64),
        ("comm_mt_blocks", 5, 60, 81 * 8 + 5 * 81 * 64 + 2 * 64),
        # 3x3 down; 5x5 and 1x1 up, four times; then 1x1 and the maps
        ("rcn_plus", 25, 80, 9 * 64 + 4 * 9 * 4096 + 4 * (25 * 8192 + 4096) + 4096 + 64 * 25),
    ],
)
def test_the_papers_landmark_networks_have_the_papers_size(name, landmarks, input_px, weights):
    net = build_net(name, landmarks=landmarks, attributes=(), input_px=input_px)

    assert convolution_weights(net) == weights


@pytest.mark.parametrize(
    ("name", "classes", "wanted"),
    [
        ("seq_mt_hgr1", 27, [256, 256, 27]),
        ("seq_mt_blocks", 15, [256, 256, 15]),
        ("seq_mt_multipie", 6, [256, 256, 6]),
        ("seq_mt_shapes", 2, [40, 2]),
    ],
)
def test_the_papers_attribute_heads_have_the_papers_layers(name, classes, wanted):
    gesture = AttributeSpec(name="gesture", classes=tuple(map(str, range(classes))))
    net = build_net(name, landmarks=5, attributes=(gesture,), input_px=60)

    assert [layer.out_features for layer in net.head.modules() if isinstance(layer, nn.Linear)] == wanted


@pytest.mark.parametrize(
    "name", [name for name in known_nets() if name.startswith(("seq_mt", "heatmap_mt", "rcn"))]
)
def test_the_published_networks_end_in_a_relu_as_after_every_convolution(name):
    net = build_net(name, landmarks=5, attributes=(), input_px=64)
    kinds = [type(each) for each in net.modules() if isinstance(each, nn.Conv2d | nn.ReLU)]

    maps = net.look(torch.rand(2, 3, 64, 64) * 255)

    assert [issubclass(each, nn.ReLU) for each in kinds] == [False, True] * (len(kinds) // 2)
    assert maps.min() >= 0


@pytest.mark.parametrize(("name", "input_px"), [("seq_mt_blocks", 60), ("rcn_plus", 80)])
def test_no_map_of_a_published_network_is_dead_at_the_start(name, input_px):
    pictures = torch.zeros(4, 3, input_px, input_px)
    pictures[:, :, 20:28, 10:50] = 255

    for seed in range(20):
        torch.manual_seed(seed)
        net = build_net(name, landmarks=5, attributes=(), input_px=input_px)
        assert (net.look(pictures).amax(dim=(2, 3)) > 0).all(), seed


def test_comm_mt_shares_two_layers_between_coordinates_and_attributes():
    shape = AttributeSpec(name="shape", classes=tuple(map(str, range(15))))
    net = build_net("comm_mt_blocks", landmarks=5, attributes=(shape,), input_px=60)

    linear = [(m.in_features, m.out_features) for m in net.modules() if isinstance(m, nn.Linear)]
    assert linear == [(8 * 15 * 15, 256), (256, 256), (256, 10), (256, 15)]


@pytest.mark.parametrize("kernel", [1, 3, 7, 9])
@pytest.mark.parametrize("fold", [2, 3])
def test_a_folded_convolution_is_the_plain_one(kernel, fold):
    torch.manual_seed(0)
    folded = FoldedConv2d(2, 3, kernel, fold=fold)
    pictures = torch.randn(2, 2, 12, 12)

    got = functional.pixel_shuffle(folded(functional.pixel_unshuffle(pictures, fold)), fold)
    wanted = functional.conv2d(pictures, folded.weight, folded.bias, padding=kernel // 2)

    torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("exact", [FoldedConv2d(2, 3, 1, fold=2), ExactConv2d(8, 3)])
def test_layers_of_kernel_1_are_exact_where_the_others_are_rounded(exact):
    coarse = FoldedConv2d(2, 3, 3, fold=2)
    pictures = torch.randn(2, 8, 6, 6)

    with torch.autocast("cpu", torch.bfloat16):
        rounded, kept = coarse(pictures), exact(pictures)

    assert (rounded.dtype, kept.dtype) == (torch.bfloat16, torch.float32)
    torch.testing.assert_close(kept, exact(pictures))


def test_heatmap_mt_says_the_hottest_pixel_and_its_soft_twin_the_mean():
    hard, soft = (
        build_net(name, landmarks=1, attributes=(), input_px=32).eval()
        for name in ("heatmap_mt_blocks", "heatmap_mt_soft_blocks")
    )
    maps = torch.zeros(1, 1, 32, 32)
    maps[0, 0, 4, 9] = 3.0

    assert hard.read(maps).xy.flatten().tolist() == [9.5, 4.5]
    assert soft.read(maps).xy.flatten().tolist() == pytest.approx([16, 16], abs=0.5)
    assert hard.soft_argmax.cell_of(torch.tensor([[[9.99, 4.0]]])).item() == 4 * 32 + 9


def test_a_network_without_heat_maps_cannot_say_how_sure_it_is():
    net = build_net("comm_mt_blocks", landmarks=2, attributes=(), input_px=32).eval()

    with pytest.raises(NotServable, match="heat maps"):
        net.confidence(net(torch.zeros(1, 3, 32, 32)))


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


@pytest.mark.parametrize("landmarks", [2, 5])
def test_a_fresh_head_sees_how_landmarks_lie_to_each_other_and_not_where_all_of_them_are(landmarks):
    head = AttributeHead(
        landmarks=landmarks, attributes=ATTRIBUTES, input_px=32, hidden=(8,), dropout=0.0
    ).eval()
    xy = torch.rand(4, landmarks, 2) * 20
    apart = xy + torch.tensor([[5.0, 0.0]] + [[0.0, 0.0]] * (landmarks - 1))

    for there, shifted, other in zip(head(xy), head(xy + 7), head(apart), strict=True):
        torch.testing.assert_close(there, shifted)
        assert not torch.allclose(there, other)


def test_the_head_of_a_single_landmark_sees_where_it_is():
    head = AttributeHead(landmarks=1, attributes=ATTRIBUTES[:1], input_px=32, hidden=(8,), dropout=0.0)
    (near,), (far,) = head(torch.full((1, 1, 2), 3.0)), head(torch.full((1, 1, 2), 30.0))

    assert not torch.allclose(near, far)
