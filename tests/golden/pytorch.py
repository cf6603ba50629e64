"""Outputs, losses and gradients of layers and losses by PyTorch 2.13 in double precision, for pytorch_networks.c, and
optimizers' and schedules' courses for pytorch_optimizers.c.

    python3 pytorch.py            # writes pytorch_networks.h5 and pytorch_optimizers.h5 beside itself

A case is a group. Its attribute `kind` names the layer or loss, the other attributes are the fields of the layer's
specification. It holds `parameters`, named and laid out as Descent's (channels last, weights transposed, a dot
for a slash), the loss and its `gradient` in training, the `output` outside training, and `state` with what one
training step makes of it, `state_after`. The layer is called "layer"; its input x is the parameter "x/weights", so
that it has a gradient too. The loss of a layer is the mean of squares against `targets`. All that goes in is exact in
single precision.

An optimizer's case has its options as attributes, perhaps those of a `schedule` too, and minimises the sum of
scale (w - centre)^2 / 2 + sin(2 w) / 4 from `start`: `course` is w after so many `steps`, `rates` and `momenta` are
those of each step under a schedule. PLATEAU looks at `losses`.
"""
import pathlib
import zlib

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).parent


def real(*shape):
    return torch.randn(shape).float().double()


def put(group, name, value):
    """Inside the object's header: the smallest that HDF5 has for few values; in single precision if that holds them."""
    value = np.asarray(value, order="C")
    kind = h5py.h5t.IEEE_F64LE
    if value.dtype.kind == "i":
        kind = h5py.h5t.STD_I32LE
    elif np.array_equal(value.astype(np.float32), value, equal_nan=True):
        kind = h5py.h5t.IEEE_F32LE
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_layout(h5py.h5d.COMPACT)
    creation.set_obj_track_times(False)
    space = h5py.h5s.create_simple(value.shape) if value.shape else h5py.h5s.create(h5py.h5s.SCALAR)
    folder, _, name = name.rpartition("/")
    if folder and folder not in group:
        group.create_group(folder, track_times=False)
    parent = group[folder] if folder else group
    dataset = h5py.h5d.create(parent.id, name.encode(), kind, space, creation)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, value)


def make_group(file, name, kind, fields):
    """Without times, so that the bytes depend on the values alone."""
    group = file.create_group(name, track_times=False)
    for key, value in {"kind": kind, **fields}.items():
        group.attrs[key] = value
    return group


def dotted(name):
    return name.replace("/", ".")


networks = h5py.File(FOLDER / "pytorch_networks.h5", "w", libver=("v108", "v108"), track_times=False)


def case(name, kind, forward, shape=None, loss=None, labels=None, targets=None, tokens=None, state=None,
         parameters=None, **fields):
    """forward(x, p, training) gives the output of the input x of that shape (or of tokens), with the parameters p and
    state by name; loss(y, labels or targets) the loss."""
    torch.manual_seed(zlib.crc32(name.encode()))
    group = make_group(networks, name, kind, fields)
    given = {f"layer/{key}": real(*size) / 2 for key, size in (parameters or {}).items() if "/" not in key}
    given |= {key: real(*size) / 2 for key, size in (parameters or {}).items() if "/" in key}
    if shape:
        given["x/weights"] = real(*shape)
    for key, value in given.items():
        put(group, f"parameters/{dotted(key)}", value)
        value.requires_grad_(True)
    group.attrs["parameters"] = len(given)
    moving = {key: real(*size).abs() + 0.5 for key, size in (state or {}).items()}
    for key, value in moving.items():
        put(group, f"state/layer.{key}", value)
    if tokens is not None:
        put(group, "tokens", np.array(tokens, dtype=np.int32))
        x = torch.tensor(tokens)
    else:
        x = given["x/weights"]
    p = {key.removeprefix("layer/"): value for key, value in (given | moving).items()}
    y = forward(x, p, False)
    put(group, "output", y.detach())
    y = forward(x, p, True)
    if labels is not None:
        put(group, "labels", np.array(labels, dtype=np.int32))
        value = loss(y, torch.tensor(labels))
    else:
        targets = real(*y.shape) if targets is None else targets
        put(group, "targets", targets)
        value = (loss or F.mse_loss)(y, targets)
    value.backward()
    group.attrs["loss"] = value.item()
    for key, parameter in given.items():
        put(group, f"gradient/{dotted(key)}", parameter.grad)
    for key, after in moving.items():
        put(group, f"state_after/layer.{key}", after)


def first(x):
    return x.movedim(-1, 1)


def last(x):
    return x.movedim(1, -1)


# --- Dense, convolution, pooling ---


def dense(x, p, _):
    return F.linear(x, p["weights"].T, p.get("bias"))


case("dense", "dense", dense, (5, 7), parameters={"weights": (7, 6), "bias": (6,)}, units=6)
case("dense of one example", "dense", dense, (1, 3), parameters={"weights": (3, 1), "bias": (1,)}, units=1)
case("dense without bias", "dense", dense, (4, 5), parameters={"weights": (5, 18)}, units=18, no_bias=1)
case("dense, flattened", "dense", lambda x, p, t: dense(x.flatten(1), p, t), (3, 2, 4),
     parameters={"weights": (8, 3), "bias": (3,)}, units=3)
case("dense, each step", "dense", dense, (3, 2, 4), parameters={"weights": (4, 5), "bias": (5,)}, units=5, per_step=1)


def conv(name, shape, filters, kernel, same=None, **fields):
    """same: zeros (before, behind) each dimension, last first, which PyTorch does not know how to find for strides."""
    rank = len(shape) - 2
    function = F.conv2d if rank == 2 else F.conv1d
    of = {"stride": 1, "pad": 0, "dilation": 1, "groups": 1} | fields
    size = (*(kernel if rank == 2 else [kernel]), shape[-1] // of["groups"], filters)

    def forward(x, p, _):
        weights = p["weights"].movedim((-1, -2), (0, 1))
        x = first(x) if same is None else F.pad(first(x), same)
        return last(function(x, weights, p.get("bias"), of["stride"], of["pad"], of["dilation"], of["groups"]))

    parameters = {"weights": size} | ({} if fields.get("no_bias") else {"bias": (filters,)})
    if same is not None:
        fields["same"] = 1
    case(name, f"conv{rank}d", forward, shape, parameters=parameters, filters=filters, kernel=kernel, **fields)


conv("conv2d", (2, 6, 5, 3), 4, (3, 3))
conv("conv2d of one pixel", (2, 4, 3, 5), 17, (1, 1))
conv("conv2d, stride and padding", (2, 7, 6, 2), 3, (3, 2), stride=(2, 1), pad=(1, 2))
conv("conv2d, dilation", (1, 9, 8, 2), 3, (3, 3), dilation=(2, 3))
conv("conv2d, groups", (2, 5, 5, 6), 4, (3, 3), groups=2, pad=(1, 1))
conv("conv2d, depthwise", (2, 6, 4, 5), 5, (3, 3), groups=5, stride=(2, 2), no_bias=1)
conv("conv2d, same", (2, 5, 6, 2), 3, (3, 4), same=(1, 2, 1, 1))
conv("conv2d, same, stride", (2, 6, 7, 2), 3, (3, 3), same=(1, 1, 0, 1), stride=(2, 2))
conv("conv2d, all", (2, 9, 9, 4), 6, (2, 3), stride=(2, 2), pad=(2, 1), dilation=(3, 2), groups=2)
conv("conv1d", (3, 8, 4), 5, 3)
conv("conv1d, stride, padding, dilation", (2, 13, 3), 4, 3, stride=2, pad=2, dilation=2)
conv("conv1d, groups", (2, 7, 6), 9, 2, groups=3, no_bias=1)
conv("conv1d, same, stride", (2, 8, 3), 4, 5, same=(1, 2), stride=2)


def conv_transposed(name, shape, filters, kernel, **fields):
    rank = len(shape) - 2
    function = F.conv_transpose2d if rank == 2 else F.conv_transpose1d
    of = {"stride": 1, "pad": 0, "output_pad": 0, "groups": 1, "dilation": 1} | fields
    size = (*(kernel if rank == 2 else [kernel]), filters // of["groups"], shape[-1])

    def forward(x, p, _):
        weights = p["weights"].movedim((-1, -2), (0, 1))
        return last(function(first(x), weights, p.get("bias"), of["stride"], of["pad"], of["output_pad"], of["groups"],
                             of["dilation"]))

    parameters = {"weights": size} | ({} if fields.get("no_bias") else {"bias": (filters,)})
    case(name, f"conv{rank}d_transposed", forward, shape, parameters=parameters, filters=filters, kernel=kernel,
         **fields)


conv_transposed("conv2d_transposed", (2, 4, 3, 5), 4, (3, 3))
conv_transposed("conv2d_transposed, all", (2, 4, 3, 6), 4, (2, 3), stride=(3, 2), pad=(1, 2), dilation=(1, 2),
                output_pad=(2, 1), groups=2)
conv_transposed("conv2d_transposed, doubled", (2, 3, 4, 3), 9, (4, 4), stride=(2, 2), pad=(1, 1), no_bias=1)
conv_transposed("conv2d_transposed, depthwise", (2, 3, 4, 5), 5, (3, 3), stride=(2, 2), pad=(1, 1), groups=5)
conv_transposed("conv1d_transposed", (2, 7, 4), 6, 3, stride=2, pad=1, output_pad=1, groups=2)


def pool(name, kind, shape, **fields):
    rank = len(shape) - 2
    function = getattr(F, f"{'max' if kind == 'max_pool' else 'avg'}_pool{rank}d")
    options = {"kernel_size": fields["window"], "stride": fields.get("stride"), "padding": fields.get("pad", 0)}
    if kind == "average_pool":
        options["count_include_pad"] = bool(fields.get("count_padding"))
    case(name, kind, lambda x, p, _: last(function(first(x), **options)), shape, **fields)


for kind in "max_pool", "average_pool":
    pool(f"{kind} 2d", kind, (2, 6, 4, 3), window=(2, 2))
    pool(f"{kind} 2d, overlapping, padding", kind, (2, 7, 6, 2), window=(3, 2), stride=(2, 1), pad=(1, 1))
    pool(f"{kind} 2d, remainder", kind, (1, 7, 5, 3), window=(3, 3), stride=(2, 3))
    pool(f"{kind} 1d", kind, (3, 9, 4), window=3, stride=2, pad=1)
pool("average_pool 2d, counting padding", "average_pool", (2, 6, 5, 3), window=(3, 3), stride=(2, 2), pad=(1, 1),
     count_padding=1)
for shape in (2, 4, 3, 5), (3, 7, 2):
    rank = len(shape) - 2
    case(f"global_max_pool {rank}d", "global_max_pool", lambda x, p, _: x.flatten(1, -2).amax(1), shape)
    case(f"global_average_pool {rank}d", "global_average_pool", lambda x, p, _: x.flatten(1, -2).mean(1), shape)


def upsample(name, shape, scale=None, size=None, mode="nearest", align_corners=None, **fields):
    rank = len(shape) - 2
    options = {"scale_factor": scale, "size": size, "align_corners": align_corners,
               "mode": {"bilinear": "bilinear" if rank == 2 else "linear"}.get(mode, mode)}
    fields |= {"factor": scale} if scale else {"size": size}
    case(f"upsample {rank}d, {name}", "upsample", lambda x, p, _: last(F.interpolate(first(x), **options)), shape,
         bilinear=int(mode == "bilinear"), align_corners=int(bool(align_corners)), **fields)


for mode, aligned in ("nearest", None), ("bilinear", False), ("bilinear", True):
    name = mode + (", aligned" if aligned else "")
    upsample(f"{name}, factor", (2, 3, 4, 3), scale=(2, 3), mode=mode, align_corners=aligned)
    upsample(f"{name}, size", (2, 5, 3, 2), size=(7, 11), mode=mode, align_corners=aligned)
    upsample(f"{name}, smaller", (2, 7, 5, 2), size=(3, 1), mode=mode, align_corners=aligned)
    upsample(f"{name}, factor", (2, 5, 3), scale=(3,), mode=mode, align_corners=aligned)
    upsample(f"{name}, size", (2, 6, 2), size=(9,), mode=mode, align_corners=aligned)


# --- Shape, embedding ---

case("shapes and arithmetic", "arithmetic",
     lambda x, p, _: torch.cat([x[:, :, :2] + x[:, :, 2:4], x[:, :, 1:3] * x[:, :, 3:5], -2.5 * x], -1), (3, 4, 6))

pairs = {"subtract": torch.sub, "divide": torch.div, "maximum": torch.maximum, "minimum": torch.minimum}
for kind, function in pairs.items():
    case(kind, kind, lambda x, p, _, f=function: f(x[:, :1], F.softplus(x[:, 1:, :, :1])), (3, 4, 2, 5))
for kind, function in {"sum": torch.sum, "mean": torch.mean, "max": torch.amax}.items():
    def reductions(x, p, _, f=function):
        return f(x, 3, keepdim=True) + f(f(x, 3), 1)[:, None, :, None] * f(x, (0, 1), keepdim=True) + f(x)

    case(kind, kind, reductions, (3, 4, 2, 5))
case("matmul", "matmul", lambda x, p, _: F.softmax(x @ x.mT, -1) @ x, (2, 3, 4, 5))
case("matmul, transposed", "matmul_transposed", lambda x, p, _: x.mT @ x[:, :1], (2, 3, 4, 5))
case("functions", "functions",
     lambda x, p, _: torch.exp(x) + torch.log(F.softplus(x)) * torch.sqrt(F.softplus(x)) + torch.abs(x) * x ** 3
     + F.softplus(x) ** -1.5 + torch.clamp(x, -0.5, 0.25), (4, 19))
case("permute", "permute", lambda x, p, _: x.permute(0, 3, 1, 2).transpose(2, 3) ** 2, (2, 3, 4, 5))
case("batched", "batched", lambda x, p, _: x + p["weights"], (3, 4, 5), parameters={"weights": (4, 5)})
words = [[3, 0, 5, 3], [1, 1, 0, 4]]
case("gather", "gather", lambda x, p, _: p["weights"][x] ** 2, tokens=words, parameters={"weights": (6, 5)},
     vocabulary=6, dimension=5)
case("embedding", "embedding", lambda x, p, _: F.embedding(x, p["weights"]), tokens=words,
     parameters={"weights": (6, 5)}, vocabulary=6, dimension=5)
case("embedding, padding", "embedding",
     lambda x, p, _: F.embedding(x, torch.where(torch.arange(6)[:, None] == 3, 0, p["weights"]), 3), tokens=words,
     parameters={"weights": (6, 5)}, vocabulary=6, dimension=5, padding=4)


def transformer(name, vocabulary, context, width, heads, blocks, no_bias=0):
    """GPT-2's decoder (Karpathy's nanoGPT), by scaled_dot_product_attention."""
    units = ("scale",) if no_bias else ("scale", "shift")
    parameters = {"embedding/weights": (vocabulary, width), "positions/weights": (context, width)}
    for i in range(1, blocks + 1):
        for norm in "norm1", "norm2":
            parameters |= {f"block{i}/{norm}/{unit}": (width,) for unit in units}
        for layer, inputs, outputs in (("qkv", width, 3 * width), ("project", width, width), ("up", width, 4 * width),
                                       ("down", 4 * width, width)):
            parameters[f"block{i}/{layer}/weights"] = (inputs, outputs)
            if not no_bias:
                parameters[f"block{i}/{layer}/bias"] = (outputs,)
    parameters |= {f"norm/{unit}": (width,) for unit in units}

    def forward(x, p, _):
        def normed(h, layer):
            return F.layer_norm(h, (width,), p[f"{layer}/scale"], p.get(f"{layer}/shift"))

        def linear(h, layer):
            return F.linear(h, p[f"{layer}/weights"].T, p.get(f"{layer}/bias"))

        h = p["embedding/weights"][x] + p["positions/weights"]
        for i in range(1, blocks + 1):
            block = f"block{i}/"
            q, k, v = (part.unflatten(-1, (heads, -1)).transpose(1, 2)
                       for part in linear(normed(h, block + "norm1"), block + "qkv").chunk(3, -1))
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            h = h + linear(mixed.transpose(1, 2).flatten(2), block + "project")
            h = h + linear(F.gelu(linear(normed(h, block + "norm2"), block + "up")), block + "down")
        return normed(h, "norm") @ p["embedding/weights"].T

    case(name, "transformer", forward, tokens=torch.randint(vocabulary, (2, context)).tolist(), parameters=parameters,
         vocabulary=vocabulary, width=width, heads=heads, blocks=blocks, no_bias=no_bias)


torch.manual_seed(1)
transformer("transformer", 7, 5, 6, 2, 2)
transformer("transformer without biases", 5, 3, 4, 1, 1, no_bias=1)


# --- Activations ---

activations = {
    "identity": lambda x: 1 * x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
    "step": lambda x: torch.heaviside(x.detach(), torch.zeros(())) + 0 * x, "leaky_relu": F.leaky_relu, "elu": F.elu,
    "selu": F.selu, "gelu": F.gelu, "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "swish": F.silu,
    "mish": F.mish, "softplus": lambda x: F.softplus(x, threshold=1000),
    "hard_sigmoid": lambda x: F.relu6(x + 3) / 6,  # the derivative of F.hardsigmoid is 1/6 in single precision
}
for name, function in activations.items():
    case(name, name, lambda x, p, _, f=function: f(3 * x), (5, 19), scale=3)
    if name in ("sigmoid", "tanh", "elu", "selu", "gelu", "gelu_tanh", "swish", "mish", "softplus"):
        case(f"{name}, large", name, lambda x, p, _, f=function: f(16 * x), (3, 17), scale=16)
case("leaky_relu, alpha", "leaky_relu", lambda x, p, _: F.leaky_relu(x, 0.25), (4, 20), alpha=0.25)
case("elu, alpha", "elu", lambda x, p, _: F.elu(x, 1.75), (4, 20), alpha=1.75)
case("softmax", "softmax", lambda x, p, _: F.softmax(x, -1), (4, 19))
case("softmax, each step", "softmax", lambda x, p, _: F.softmax(4 * x, -1), (2, 3, 5), scale=4)
case("log_softmax", "log_softmax", lambda x, p, _: F.log_softmax(x, -1), (4, 19))
case("log_softmax, each step", "log_softmax", lambda x, p, _: F.log_softmax(4 * x, -1), (2, 3, 5), scale=4)
case("maxout", "maxout", lambda x, p, _: x.unflatten(-1, (-1, 3)).amax(-1), (4, 3, 12), pieces=3)


# --- Normalisation ---


def batch_norm(name, shape, **fields):
    def forward(x, p, training):
        return last(F.batch_norm(first(x), p["running_mean"], p["running_variance"], p.get("scale"), p.get("shift"),
                                 training, fields.get("momentum", 0.1), fields.get("epsilon", 1e-5)))

    parameters = {key: (shape[-1],) for key in ("scale", "shift") if not fields.get(f"no_{key}")}
    case(name, "batch_norm", forward, shape, parameters=parameters,
         state={"running_mean": (shape[-1],), "running_variance": (shape[-1],)}, **fields)


batch_norm("batch_norm", (6, 5))
batch_norm("batch_norm of sequences", (3, 4, 18))
batch_norm("batch_norm of images", (2, 3, 4, 5))
batch_norm("batch_norm, momentum, epsilon", (7, 3), momentum=0.3, epsilon=0.125)
batch_norm("batch_norm without scale", (3, 2, 2, 3), no_scale=1)
batch_norm("batch_norm without shift", (5, 4), no_shift=1)
batch_norm("batch_norm without both", (5, 4), no_scale=1, no_shift=1)


def layer_norm(name, shape, **fields):
    parameters = {key: (shape[-1],) for key in ("scale", "shift") if not fields.get(f"no_{key}")}
    case(name, "layer_norm", lambda x, p, _: F.layer_norm(x, shape[-1:], p.get("scale"), p.get("shift"),
                                                          fields.get("epsilon", 1e-5)),
         shape, parameters=parameters, **fields)


layer_norm("layer_norm", (4, 19))
layer_norm("layer_norm of sequences", (3, 2, 6))
layer_norm("layer_norm, epsilon", (3, 7), epsilon=0.25)
layer_norm("layer_norm without scale", (3, 5), no_scale=1)
layer_norm("layer_norm without both", (3, 5), no_scale=1, no_shift=1)


# --- Recurrent layers ---

TANH, RELU, JORDAN, LSTM, GRU, GRU_LBR = range(6)  # dsc_recurrent_cell
GATES = [1, 1, 1, 4, 3, 3]
RUN = {TANH: torch.rnn_tanh, RELU: torch.rnn_relu, LSTM: torch.lstm, GRU_LBR: torch.gru}


def torchs(cell, units, value):
    """Columns of the gates in PyTorch's order (of a GRU r z n, where Descent's u r o has u = z), transposed."""
    if cell == GRU_LBR:
        value = torch.cat([value[..., units:2 * units], value[..., :units], value[..., 2 * units:]], -1)
    return value.T if value.dim() == 2 else value


def parameters_of(prefix, cell, features, units, two_biases):
    columns = GATES[cell] * units
    sizes = {"weights": (features, columns), "recurrent_weights": (units, columns), "bias": (columns,)}
    if two_biases:
        sizes["recurrent_bias"] = (columns,)
    return {prefix + key: size for key, size in sizes.items()}


def recurrent(name, cell, shape, units, lengths=None, tokens=None, **fields):
    layers, both = fields.get("layers", 1), bool(fields.get("bidirectional"))
    fields["two_biases"] = int(fields.get("two_biases", 1) or cell == GRU_LBR)
    prefixes, parameters = [], {}
    for layer in range(layers):
        for direction in ("forward/", "backward/") if both else ("",):
            prefix = (f"layer{layer + 1}/" if layers > 1 else "") + direction
            prefixes.append("layer/" + prefix)
            features = units * (1 + both) if layer else shape[-1]
            parameters |= parameters_of("layer/" + prefix, cell, features, units, fields["two_biases"])
    if fields.get("initial"):
        parameters["initial/weights"] = (shape[0], units * (2 if cell == LSTM else 1))
    if tokens is not None:
        parameters["embedding/weights"] = (fields["vocabulary"], shape[-1])

    def forward(x, p, _):
        if tokens is not None:
            x = F.embedding(x, torch.where(torch.arange(fields["vocabulary"])[:, None] == 0, 0, p["embedding/weights"]))
        if fields.get("reverse"):
            x = x.flip(1)
        flat = []
        for prefix in prefixes:
            value = {key: torchs(cell, units, p[(prefix + key).removeprefix("layer/")])
                     for key in ("weights", "recurrent_weights", "bias")}
            second = p.get((prefix + "recurrent_bias").removeprefix("layer/"))
            second = torch.zeros_like(value["bias"]) if second is None else torchs(cell, units, second)
            flat += [*value.values(), second]
        start = torch.zeros(len(prefixes), len(x), units)
        state = (start, start) if cell == LSTM else start
        if fields.get("initial"):
            state = p["initial/weights"][None]
            state = (state[..., :units], state[..., units:]) if cell == LSTM else state
        if lengths is None:
            y, *state = RUN[cell](x, state, flat, True, layers, 0.0, True, both, True)
        else:
            packed = pack_padded_sequence(x, torch.tensor(lengths), batch_first=True)
            y, *state = RUN[cell](packed.data, packed.batch_sizes, state, flat, True, layers, 0.0, True, both)
            y, _ = pad_packed_sequence(PackedSequence(y, packed.batch_sizes), True, total_length=x.shape[1])
        if fields.get("reverse"):
            y = y.flip(1)
        if fields.get("final"):
            return torch.cat([s[0] for s in state], -1)
        return y if fields.get("sequence") else torch.cat(list(state[0][-2:] if both else state[0][-1:]), -1)

    case(name, "recurrent", forward, None if tokens else shape, parameters=parameters, tokens=tokens, cell=cell,
         units=units, features=shape[-1], **fields)


sentences = [[2, 1, 4, 3, 2], [3, 3, 1, 0, 0], [1, 0, 0, 0, 0]]
for label, cell in ("rnn tanh", TANH), ("rnn relu", RELU), ("lstm", LSTM), ("gru", GRU_LBR):
    recurrent(label, cell, (3, 4, 5), 6)
    recurrent(f"{label}, all outputs", cell, (2, 5, 3), 4, sequence=1)
    if cell == RELU:
        continue
    recurrent(f"{label}, backwards", cell, (2, 3, 4), 5, sequence=1, reverse=1)
    recurrent(f"{label}, both directions", cell, (2, 4, 3), 3, sequence=1, bidirectional=1)
    recurrent(f"{label}, both directions, last", cell, (2, 4, 3), 3, bidirectional=1)
    recurrent(f"{label}, stacked", cell, (2, 4, 3), 3, layers=3)
    recurrent(f"{label}, stacked, both directions", cell, (2, 4, 3), 2, layers=2, bidirectional=1, sequence=1)
    recurrent(f"{label}, initial state", cell, (3, 3, 4), 5, sequence=1, initial=1)
    recurrent(f"{label}, final state", cell, (3, 3, 4), 5, final=1)
    recurrent(f"{label}, lengths", cell, (3, 5, 4), 3, [5, 3, 1], sentences, vocabulary=5)
    recurrent(f"{label}, lengths, all outputs", cell, (3, 5, 4), 3, [5, 3, 1], sentences, sequence=1, bidirectional=1,
              vocabulary=5)
recurrent("rnn tanh, one bias", TANH, (2, 3, 4), 5, sequence=1, two_biases=0)
recurrent("lstm, one bias", LSTM, (2, 2, 3), 17, sequence=1, two_biases=0)


# Cells that PyTorch does not have, from their definitions; it has the derivatives. before: the state (of LSTM h, c).


def jordan(x, p, before):
    h = torch.tanh(x @ p["weights"] + before @ p["recurrent_weights"] + p["bias"])
    return h @ p["output_weights"] + p["output_bias"]


def reset_before(x, p, before):
    """Cho et al. 2014."""
    (wu, wr, wo), (uu, ur, uo) = p["weights"].chunk(3, -1), p["recurrent_weights"].chunk(3, -1)
    bu, br, bo = p["bias"].chunk(3)
    u, r = torch.sigmoid(x @ wu + before @ uu + bu), torch.sigmoid(x @ wr + before @ ur + br)
    return u * before + (1 - u) * torch.tanh(x @ wo + (r * before) @ uo + bo)


def peephole(x, p, before):
    """Gers and Schmidhuber 2000: the output gate sees the new cell."""
    h, c = before.chunk(2, -1)
    i, f, g, o = (x @ p["weights"] + h @ p["recurrent_weights"] + p["bias"]).chunk(4, -1)
    pi, pf, po = p["peephole"]
    c = torch.sigmoid(f + pf * c) * c + torch.sigmoid(i + pi * c) * torch.tanh(g)
    return torch.cat([torch.sigmoid(o + po * c) * torch.tanh(c), c], -1)


def defined(name, cell, step, units, state, visible, extra=None, **fields):
    """state: how much is carried; visible: how much of it is the output."""
    shape = (2, 4, 3)

    def forward(x, p, _):
        h, given = torch.zeros(shape[0], state), []
        for t in range(shape[1]):
            h = step(x[:, t], p, h)
            given.append(h[:, :visible])
        return torch.stack(given, 1)

    columns = GATES[cell] * units
    parameters = {"weights": (shape[-1], columns), "recurrent_weights": (visible, columns), "bias": (columns,)}
    case(name, "recurrent", forward, shape, parameters=parameters | (extra or {}), cell=cell, units=units, sequence=1,
         **fields)


defined("jordan", JORDAN, jordan, 5, 2, 2, {"output_weights": (5, 2), "output_bias": (2,)}, outputs=2)
defined("gru, reset before", GRU, reset_before, 5, 5, 5)
defined("lstm, peephole", LSTM, peephole, 5, 10, 5, {"peephole": (3, 5)}, peephole=1)


# --- Losses ---


def identity(x, p, _):
    return 1 * x


def label_loss(name, kind, loss, shape, labels, **fields):
    """loss(x, labels, class weights or None, label smoothing, ignored label)"""
    weights = fields.get("class_weights")
    weights = None if weights is None else torch.tensor(weights)

    def of(x, y):
        return loss(x.flatten(0, -2), y.flatten(), weights, fields.get("label_smoothing", 0.0),
                    fields.get("ignore", 0) - 1)

    case(name, kind, identity, shape, of, labels=labels, classes=max(shape[-1], 2), **fields)


def cross_entropy(x, y, weights, smoothing, ignore):
    return F.cross_entropy(x, y, weights, ignore_index=ignore, label_smoothing=smoothing)


def nll(x, y, weights, _, ignore):
    return F.nll_loss(x, y, weights, ignore_index=ignore)


def hinge(x, y, weights, _, ignore):
    """Over the sum of the weights, where PyTorch divides by the number of examples; it knows no ignored label."""
    counts = y != ignore
    x, y = x[counts], y[counts]
    of_each = torch.ones(x.shape[-1]) if weights is None else weights
    total = F.multi_margin_loss(x, y, weight=weights, reduction="sum")
    return total / of_each[y].sum()


def binary_hinge(x, y, weights, _, ignore):
    each = F.relu(1 - (2 * y - 1) * x[:, 0])
    of_each = (torch.ones(2) if weights is None else weights)[y] * (y != ignore)
    return (of_each * each).sum() / of_each.sum()


four, five = [2, 0, 1, 3], [1, 2, 0, 1, 2]
steps = [[0, 2, 1], [1, 1, 0]]
rare = [0.25, 2.0, 1.5]
for kind, loss in ("softmax_cross_entropy", cross_entropy), ("nll_loss", nll), ("hinge_loss", hinge):
    label_loss(kind, kind, loss, (4, 19), four)
    label_loss(f"{kind}, class weights", kind, loss, (5, 3), five, class_weights=rare)
    label_loss(f"{kind}, ignored label", kind, loss, (5, 3), five, ignore=2)
    label_loss(f"{kind}, steps", kind, loss, (2, 3, 3), steps)
    label_loss(f"{kind}, all", kind, loss, (2, 3, 3), steps, class_weights=rare, ignore=2,
               **({"label_smoothing": 0.25} if loss is cross_entropy else {}))
label_loss("softmax_cross_entropy, smoothing", "softmax_cross_entropy", cross_entropy, (4, 5), four,
           label_smoothing=0.1)
label_loss("nll_loss after log_softmax", "nll_loss", cross_entropy, (5, 3), five, log_softmax=1, label_smoothing=0.2,
           class_weights=rare)
label_loss("hinge_loss of one output", "hinge_loss", binary_hinge, (4, 1), [1, 0, 0, 1])
label_loss("hinge_loss of one output, class weights", "hinge_loss", binary_hinge, (4, 1), [1, 0, 0, 1],
           class_weights=[0.5, 3.0])


def target_loss(name, kind, loss, targets, **fields):
    """Of the elements whose target is a number; their mean unless loss says otherwise."""
    counts = ~torch.isnan(targets)
    case(name, kind, identity, tuple(targets.shape), lambda x, t: loss(x[counts], t[counts]), targets=targets, **fields)


def masked(values):
    """Without every third."""
    values = values.clone()
    values.view(-1)[::3] = torch.nan
    return values


torch.manual_seed(1)
case("mean_loss", "mean_loss", identity, (4, 6), lambda y, t: y.mean())
others, bits, shares = real(4, 6), torch.randint(2, (4, 6)).double(), torch.rand(4, 6).float().double()
for kind, loss in ("squared_loss", F.mse_loss), ("absolute_loss", F.l1_loss), ("huber_loss", F.huber_loss):
    target_loss(kind, kind, loss, others)
    target_loss(f"{kind}, masked", kind, loss, masked(others))
target_loss("huber_loss, delta", "huber_loss", lambda x, t: F.huber_loss(x, t, delta=0.25), others, delta=0.25)
binary = F.binary_cross_entropy_with_logits
target_loss("binary_cross_entropy", "binary_cross_entropy", binary, bits)
target_loss("binary_cross_entropy of shares", "binary_cross_entropy", binary, shares)
target_loss("binary_cross_entropy, masked", "binary_cross_entropy", binary, masked(bits))
target_loss("binary_cross_entropy, smoothing", "binary_cross_entropy", lambda x, t: binary(x, 0.75 * t + 0.125), bits,
            label_smoothing=0.25)


def weighted_binary(x, t):
    """Over the sum of the weights, where PyTorch divides by the number of elements."""
    weights = torch.where(t > 0, 4.0, 0.5)
    return binary(x, t, weights, reduction="sum") / weights.sum()


target_loss("binary_cross_entropy, class weights", "binary_cross_entropy", weighted_binary, bits,
            class_weights=[0.5, 4.0])


def kl_loss(name, shape, smoothing=0.0, **fields):
    targets = F.softmax(real(*shape), -1).float().double()

    def loss(x, t):
        t = (1 - smoothing) * t + smoothing / shape[-1]
        return F.kl_div(F.log_softmax(x, -1).flatten(0, -2), t.flatten(0, -2), reduction="batchmean")

    case(name, "kl_loss", identity, shape, loss, targets=targets, log_softmax=1, label_smoothing=smoothing, **fields)


kl_loss("kl_loss", (4, 6))
kl_loss("kl_loss, steps", (2, 3, 5))
kl_loss("kl_loss, smoothing", (4, 6), 0.125)


# --- Optimizers and schedules ---

optimizers = h5py.File(FOLDER / "pytorch_optimizers.h5", "w", libver=("v108", "v108"), track_times=False)
STEPS, KEPT, WEIGHTS = 20, [1, 2, 3, 5, 10, 15, 20], 17
Schedules = torch.optim.lr_scheduler


def rule(name, kind, make, scheduler=None, limit=None, penalty=None, losses=None, momenta=False, **fields):
    """make(parameters) gives the optimizer, scheduler(optimizer) what changes its rate; limit(gradient) gives the
    clipped gradient, penalty(w) what is added to the loss."""
    torch.manual_seed(zlib.crc32(name.encode()))
    group = make_group(optimizers, name, kind, fields | {"steps": KEPT})
    w = real(WEIGHTS)
    put(group, "start", w)
    scale, centre = 0.5 + real(WEIGHTS).abs(), real(WEIGHTS)
    put(group, "scale", scale)
    put(group, "centre", centre)
    w.requires_grad_(True)
    optimizer = make([w])
    scheduler = scheduler and scheduler(optimizer)
    course, rates, moments = [], [], []
    for t in range(STEPS):
        optimizer.zero_grad()
        (scale * (w - centre) ** 2 / 2 + torch.sin(2 * w) / 4).sum().backward()
        if limit:
            w.grad = limit(w.grad)
        if penalty:
            penalty(w).backward()
        rates.append(optimizer.param_groups[0]["lr"])
        moments.append(optimizer.param_groups[0].get("momentum", 0.0))
        optimizer.step()
        course.append(w.detach().clone())
        if scheduler:
            scheduler.step(*([] if losses is None else [losses[t]]))
    put(group, "course", torch.stack([course[t - 1] for t in KEPT]))
    if scheduler:
        put(group, "rates", np.array(rates))
    if momenta:
        put(group, "momenta", np.array(moments))
    if losses is not None:
        put(group, "losses", np.array(losses))


optim = torch.optim
rule("sgd", "sgd", lambda p: optim.SGD(p, 0.25), lr=0.25)
rule("sgd, weight decay", "sgd", lambda p: optim.SGD(p, 0.25, weight_decay=0.125), lr=0.25, weight_decay=0.125)
rule("momentum", "momentum", lambda p: optim.SGD(p, 0.05, momentum=0.9), lr=0.05)
rule("momentum, weight decay", "momentum", lambda p: optim.SGD(p, 0.05, momentum=0.75, weight_decay=0.1), lr=0.05,
     momentum=0.75, weight_decay=0.1)
rule("nesterov", "nesterov", lambda p: optim.SGD(p, 0.05, momentum=0.9, nesterov=True), lr=0.05)
rule("nesterov, weight decay", "nesterov",
     lambda p: optim.SGD(p, 0.05, momentum=0.75, nesterov=True, weight_decay=0.1), lr=0.05, momentum=0.75,
     weight_decay=0.1)
# Without settings: the defaults are the same. Then others.
rule("adam, defaults", "adam", optim.Adam)
rule("adam", "adam", lambda p: optim.Adam(p, 0.1, (0.8, 0.95), 1e-3, 0.2), lr=0.1, beta1=0.8, beta2=0.95, epsilon=1e-3,
     weight_decay=0.2)
rule("amsgrad, defaults", "amsgrad", lambda p: optim.Adam(p, amsgrad=True))
rule("amsgrad", "amsgrad", lambda p: optim.Adam(p, 0.2, (0.8, 0.75), 1e-3, 0.2, amsgrad=True), lr=0.2, beta1=0.8,
     beta2=0.75, epsilon=1e-3, weight_decay=0.2)
rule("adamw, defaults", "adamw", optim.AdamW, weight_decay=0.01)
rule("adamw", "adamw", lambda p: optim.AdamW(p, 0.1, (0.8, 0.95), 1e-3, 0.5), lr=0.1, beta1=0.8, beta2=0.95,
     epsilon=1e-3, weight_decay=0.5)
rule("adagrad, defaults", "adagrad", optim.Adagrad)
rule("adagrad", "adagrad", lambda p: optim.Adagrad(p, 0.5, weight_decay=0.2, eps=1e-3), lr=0.5, weight_decay=0.2,
     epsilon=1e-3)
rule("rmsprop, defaults", "rmsprop", optim.RMSprop)
rule("rmsprop", "rmsprop", lambda p: optim.RMSprop(p, 0.05, 0.9, 1e-3, 0.2), lr=0.05, beta2=0.9, epsilon=1e-3,
     weight_decay=0.2)
rule("rmsprop, momentum", "rmsprop", lambda p: optim.RMSprop(p, 0.02, 0.9, momentum=0.5), lr=0.02, beta2=0.9,
     momentum=0.5)
rule("rmsprop, centered", "rmsprop", lambda p: optim.RMSprop(p, 0.02, 0.9, 1e-2, centered=True), lr=0.02, beta2=0.9,
     epsilon=1e-2, centered=1)
rule("rmsprop, centered, momentum", "rmsprop",
     lambda p: optim.RMSprop(p, 0.01, 0.9, 1e-2, 0.1, 0.5, True), lr=0.01, beta2=0.9, epsilon=1e-2, weight_decay=0.1,
     momentum=0.5, centered=1)
rule("adadelta, defaults", "adadelta", optim.Adadelta)
rule("adadelta", "adadelta", lambda p: optim.Adadelta(p, 0.5, 0.75, 1e-2, 0.2), lr=0.5, beta2=0.75, epsilon=1e-2,
     weight_decay=0.2)
rule("adamax, defaults", "adamax", optim.Adamax)
rule("adamax", "adamax", lambda p: optim.Adamax(p, 0.1, (0.8, 0.75), 1e-3, 0.2), lr=0.1, beta1=0.8, beta2=0.75,
     epsilon=1e-3, weight_decay=0.2)
# Its product of momenta is in double because the default type is.
rule("nadam, defaults", "nadam", optim.NAdam)
rule("nadam", "nadam", lambda p: optim.NAdam(p, 0.1, (0.8, 0.95), 1e-3, 0.2), lr=0.1, beta1=0.8, beta2=0.95,
     epsilon=1e-3, weight_decay=0.2)
rule("rprop, defaults", "rprop", optim.Rprop)
rule("rprop", "rprop", lambda p: optim.Rprop(p, 0.3), lr=0.3)


def plain(p):
    return optim.SGD(p, 0.5)


rule("clip_value", "sgd", plain, limit=lambda g: g.clamp(-0.5, 0.5), lr=0.5, clip_value=0.5)
# clip_grad_norm_() adds 1e-6 to the norm.
rule("clip_norm", "sgd", plain, limit=lambda g: g * min(1.0, 0.75 / g.norm().item()), lr=0.5, clip_norm=0.75)
rule("elastic net", "sgd", plain, penalty=lambda w: 0.05 * w.abs().sum() + 0.1 * (w ** 2).sum(), lr=0.5, l1=0.05,
     l2=0.2)
rule("stepwise", "sgd", plain, lambda o: Schedules.StepLR(o, 4, 0.3), lr=0.5, schedule="stepwise", factor=0.3, period=4)
rule("exponential", "adam", lambda p: optim.Adam(p, 0.125), lambda o: Schedules.ExponentialLR(o, 0.9), lr=0.125,
     schedule="exponential", factor=0.9)
rule("inverse time", "nesterov", lambda p: optim.SGD(p, 0.125, 0.9, nesterov=True),
     lambda o: Schedules.LambdaLR(o, lambda t: 1 / (1 + 0.5 * t)), lr=0.125, schedule="inverse-time", factor=0.5)
rule("cosine", "sgd", plain, lambda o: Schedules.CosineAnnealingLR(o, 19, 0.01), lr=0.5, schedule="cosine", period=19,
     minimum=0.01)
rule("warm restarts", "adamw", lambda p: optim.AdamW(p, 0.5, weight_decay=0.125),
     lambda o: Schedules.CosineAnnealingWarmRestarts(o, 3, 2, 0.01), lr=0.5, weight_decay=0.125,
     schedule="warm-restarts", period=3, factor=2, minimum=0.01)
for mode in "triangular", "triangular2":
    rule(mode, "sgd", plain, lambda o: Schedules.CyclicLR(o, 0.1, 0.5, 3, mode=mode, cycle_momentum=False), lr=0.5,
         schedule=mode, period=3, minimum=0.1)
# Not of Adam: PyTorch corrects its average by the present beta1 to the power t, Descent by the product of those so far.
for kind in "momentum", "nesterov":
    rule(f"one cycle, {kind}", kind, lambda p: optim.SGD(p, 0.1, 0.9, nesterov=kind == "nesterov"),
         lambda o: Schedules.OneCycleLR(o, 0.5, 20), lr=0.5, schedule="one-cycle", period=20, momenta=True)
rule("one cycle, all", "momentum", lambda p: optim.SGD(p, 0.1, 0.9),
     lambda o: Schedules.OneCycleLR(o, 0.5, 21, pct_start=0.4, div_factor=5, final_div_factor=10, base_momentum=0.5,
                                    max_momentum=0.75),
     lr=0.5, schedule="one-cycle", period=21, rise=0.4, divide=5, divide_at_end=10, momentum_low=0.5,
     momentum_high=0.75, momenta=True)
heights = [9, 8, 8, 8, 7, 7, 7.5, 7.5, 7, 7, 7, 6.99, 6.99, 6.99, 6.99, 6.99, 6.99, 6.99, 6.99, 6.99]
rule("plateau", "sgd", plain,
     lambda o: Schedules.ReduceLROnPlateau(o, factor=0.25, patience=2, threshold=0.01, cooldown=2, min_lr=0.05), lr=0.5,
     losses=heights, schedule="plateau", factor=0.25, patience=2, threshold=0.01, cooldown=2, minimum=0.05)
rule("warmup", "sgd", plain,
     lambda o: Schedules.SequentialLR(
         o, [Schedules.LinearLR(o, 0.2, total_iters=4), Schedules.ExponentialLR(o, 0.75)], [5]),
     lr=0.5, schedule="exponential", factor=0.75, warmup=5)
