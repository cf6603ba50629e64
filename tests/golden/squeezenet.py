"""Values of SqueezeNet 1.1's feature maps by PyTorch in double precision, for squeezenet.c.

    python3 squeezenet.py DATA/cnn-weights/squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5

The image is x[h, w, c] = ((7 h + 3 w + 11 c + h w) mod 32) / 16 - 1 of 63 x 63. Layers as in Iandola et al. 2016
(arXiv 1602.07360), version 1.1: convolutions without padding but for the 3 x 3 expansions, pools of 3 x 3 every
2 pixels.
"""
import sys

import h5py
import torch
import torch.nn.functional as F

SIDE = 63
weights = h5py.File(sys.argv[1])


def conv(x, name, stride=1, padding=0):
    group = weights[name]
    arrays = [torch.from_numpy(group[w][()]).double() for w in group.attrs["weight_names"]]
    kernel = next(a for a in arrays if a.dim() == 4).permute(3, 2, 0, 1)
    bias = next(a for a in arrays if a.dim() == 1)
    return F.relu(F.conv2d(x, kernel, bias, stride=stride, padding=padding))


def fire(x, name):
    x = conv(x, name + "/squeeze1x1")
    return torch.cat([conv(x, name + "/expand1x1"), conv(x, name + "/expand3x3", padding=1)], 1)


def pool(x):
    return F.max_pool2d(x, 3, 2)


h, w, c = torch.meshgrid(*[torch.arange(n) for n in (SIDE, SIDE, 3)], indexing="ij")
image = ((7 * h + 3 * w + 11 * c + h * w) % 32).double() / 16 - 1
x = pool(conv(image.permute(2, 0, 1)[None], "conv1", stride=2))
maps = {}
for number in range(2, 10):
    maps[number] = x = fire(x, f"fire{number}")
    if number in (3, 5):
        x = pool(x)
for number, value in maps.items():
    flat = value[0].permute(1, 2, 0).flatten()
    weighted = (flat * (torch.arange(flat.numel()) % 97)).sum().item()
    print(f"    {{ {number}, {flat.numel()}, {flat.sum().item():.12g}, {(flat ** 2).sum().item():.12g},")
    print(f"      {weighted:.12g}, {flat.argmax().item()}, {flat.max().item():.12g} }},")
