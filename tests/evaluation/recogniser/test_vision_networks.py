"""The networks for pictures, untrained."""

import subprocess
import sys

import pytest
import torch

from emogen.data.rig import face
from emogen.evaluation.recogniser.cells import BINS, CellNetwork, cell_histograms
from emogen.evaluation.recogniser.faces import FaceNetwork
from emogen.evaluation.recogniser.vision_networks import (
    ACTION_UNITS,
    WIDTH,
    Reader,
    TwoStreamNetwork,
    folded,
)


@pytest.fixture(scope="module")
def squares():
    return torch.rand(3, 3, 128, 128, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("make", [TwoStreamNetwork, CellNetwork])
@torch.inference_mode()
def test_every_head_answers(make, squares):
    torch.manual_seed(0)
    out = make().eval()(squares)
    assert out.features.shape == (3, WIDTH)
    assert out.presence.shape == (3,)
    assert out.face.shape == (3, 9)
    assert out.units.shape == (3, 24)
    assert (out.scene is None) == (out.boxes is None) == (make is CellNetwork)


@pytest.mark.parametrize(
    ("make", "pictures"),
    [(TwoStreamNetwork, torch.randn(4, 3, 96, 96)), (FaceNetwork, torch.randn(4, 1, 48, 48))],
)
def test_folding_keeps_the_function(make, pictures):
    torch.manual_seed(0)
    network = make(norm=True)
    for _ in range(3):
        network(pictures + torch.randn(pictures.shape))
    plain = folded(network.eval(), make())
    assert not any("norm" in name for name in plain.state_dict())
    with torch.inference_mode():
        before, after = network(pictures), plain(pictures)
    if make is TwoStreamNetwork:
        before, after = before.features, after.features
    assert torch.allclose(before, after, atol=1e-5)


def test_untrained_adapters_change_nothing():
    reader = Reader().eval()
    features = torch.randn(5, WIDTH)
    still, video = reader(features), reader(features, torch.randn(5, WIDTH))
    assert torch.equal(still.features, features)
    assert torch.equal(video.emotion, still.emotion)


def test_the_adapter_of_video_sees_neighbours_and_change():
    torch.manual_seed(0)
    reader = Reader().eval()
    torch.nn.init.normal_(reader.video_out.weight)
    features, changes = torch.randn(5, WIDTH), torch.zeros(5, WIDTH)
    plain = reader(features, changes).emotion
    later = features.clone()
    later[3] += 1
    assert not torch.allclose(reader(later, changes).emotion[2], plain[2])
    assert torch.allclose(reader(later, changes).emotion[0], plain[0])
    assert not torch.allclose(reader(features, changes + 1).emotion, plain)


def test_what_was_remembered_is_less_strange():
    reader = Reader()
    known = torch.randn(2000, WIDTH, generator=torch.Generator().manual_seed(0)) * 3 + 1
    reader.remember(known)
    assert float(reader.strangeness(known).mean()) == pytest.approx(1, abs=0.05)
    assert float(reader.strangeness(known + 20).mean()) > 10


def test_cells_measure_direction_energy_and_colour():
    x = torch.linspace(-1, 1, 96).repeat(96, 1)[None, None].expand(1, 3, -1, -1)
    table = cell_histograms(x)
    assert table.shape == (1, BINS + 4, 24, 24)
    inner = table[0, :, 12, 12]
    assert int(inner[:BINS].argmax()) == 0
    assert inner[BINS + 1 :].tolist() == pytest.approx([float(x[0, 0, 50, 50])] * 3, abs=0.03)
    turned = cell_histograms(x.transpose(2, 3))[0, :BINS, 12, 12]
    assert int(turned.argmax()) == BINS // 4
    assert float(cell_histograms(torch.zeros(1, 3, 96, 96))[0, BINS].abs().max()) == 0


@torch.inference_mode()
def test_a_given_box_is_looked_at(squares):
    torch.manual_seed(0)
    network = TwoStreamNetwork().eval()
    left = network(squares, boxes=torch.tensor([[0.2, 0.5, 0.2]]).repeat(3, 1))
    own = network(squares, boxes=torch.full((3, 3), torch.nan))
    assert torch.equal(own.face, network(squares).face)
    assert not torch.allclose(left.face, own.face)
    assert torch.equal(left.scene, own.scene)


@torch.inference_mode()
def test_light_does_not_matter_to_the_reader_of_faces():
    torch.manual_seed(0)
    network, picture = FaceNetwork().eval(), torch.rand(1, 1, 48, 48)
    assert torch.allclose(network(picture), network(0.7 * picture - 0.2), atol=0.1)
    assert torch.isfinite(network(torch.zeros(1, 1, 48, 48))).all()


def test_reading_needs_neither_the_rig_nor_its_drawing_library():
    assert ACTION_UNITS == face.ACTION_UNITS
    code = "import emogen.evaluation.recogniser.vision, sys; print('aggdraw' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
