"""Exports all-MiniLM-L6-v2 from safetensors to ONNX with the `onnx` package alone (no torch).

The graph is BERT (6 layers, 384 wide, 12 heads, gelu(erf), LayerNorm eps 1e-12), then mean pooling over
the attention mask and L2 normalisation, so that one 2-d output leaves ONNX Runtime instead of a vector a
token. Same input, same bytes out: the caller checks the file's digest.
"""

import json
import math
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LAYERS, WIDTH, HEADS, EPSILON = 6, 384, 12, 1e-12
OPSET, IR_VERSION = 20, 9  # Gelu is an operator of its own since opset 20


def read_safetensors(raw):
    """Tensors by name: an 8-byte header length, a JSON header, then the tensors' bytes."""
    (length,) = struct.unpack("<Q", raw[:8])
    header, body = json.loads(raw[8 : 8 + length]), raw[8 + length :]
    types = {"F32": "<f4", "I64": "<i8"}
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


class Graph:
    """Collects nodes and weights; every method returns the name of what it added."""

    def __init__(self, weights):
        self.weights, self.nodes, self.initializers, self.constants = weights, [], [], {}

    def tensor(self, name, array):
        self.initializers.append(numpy_helper.from_array(np.array(array), name))
        return name

    def weight(self, name, transpose=False):
        array = self.weights[name]
        return self.tensor(name, array.T.copy() if transpose else array)

    def constant(self, value, kind):
        # np.array keeps a scalar 0-d: a 1-d scalar would change the shapes that follow.
        key = (str(value), kind)
        if key not in self.constants:
            self.constants[key] = self.tensor(f"constant_{len(self.constants)}", np.array(value, dtype=kind))
        return self.constants[key]

    def op(self, kind, inputs, name, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def linear(self, x, key, name):
        product = self.op("MatMul", [x, self.weight(f"{key}.weight", transpose=True)], f"{name}/product")
        return self.op("Add", [product, self.weight(f"{key}.bias")], name)

    def layer_norm(self, x, key, name):
        scale, bias = self.weight(f"{key}.weight"), self.weight(f"{key}.bias")
        return self.op("LayerNormalization", [x, scale, bias], name, axis=-1, epsilon=EPSILON)


def embeddings(graph):
    word = graph.op("Gather", [graph.weight("embeddings.word_embeddings.weight"), "input_ids"], "word")
    kind = graph.op("Gather", [graph.weight("embeddings.token_type_embeddings.weight"), "token_type_ids"], "kind")
    shape = graph.op("Shape", ["input_ids"], "shape")
    length = graph.op("Gather", [shape, graph.constant(1, "int64")], "length", axis=0)
    places = graph.op("Range", [graph.constant(0, "int64"), length, graph.constant(1, "int64")], "places")
    place = graph.op("Gather", [graph.weight("embeddings.position_embeddings.weight"), places], "place")
    total = graph.op("Add", [graph.op("Add", [word, kind], "word_kind"), place], "word_kind_place")
    return graph.layer_norm(total, "embeddings.LayerNorm", "embedded")


def attention_bias(graph):
    """0 where there is a token, -10000 where there is padding, shaped [batch, 1, 1, sequence]."""
    mask = graph.op("Unsqueeze", ["attention_mask", graph.constant([1, 2], "int64")], "mask_4d")
    mask = graph.op("Cast", [mask], "mask_4d_float", to=TensorProto.FLOAT)
    padding = graph.op("Sub", [graph.constant(1.0, "float32"), mask], "padding")
    return graph.op("Mul", [padding, graph.constant(-10000.0, "float32")], "attention_bias")


def layer(graph, x, bias, index):
    key, name = f"encoder.layer.{index}", f"layer{index}"
    split = graph.constant([0, 0, HEADS, WIDTH // HEADS], "int64")
    heads = {}
    for part, order in (("query", [0, 2, 1, 3]), ("key", [0, 2, 3, 1]), ("value", [0, 2, 1, 3])):
        projected = graph.linear(x, f"{key}.attention.self.{part}", f"{name}/{part}")
        split_up = graph.op("Reshape", [projected, split], f"{name}/{part}/heads")
        heads[part] = graph.op("Transpose", [split_up], f"{name}/{part}/turned", perm=order)
    scores = graph.op("MatMul", [heads["query"], heads["key"]], f"{name}/scores")
    scores = graph.op("Div", [scores, graph.constant(math.sqrt(WIDTH // HEADS), "float32")], f"{name}/scaled")
    scores = graph.op("Add", [scores, bias], f"{name}/masked")
    weights = graph.op("Softmax", [scores], f"{name}/softmax", axis=-1)
    context = graph.op("MatMul", [weights, heads["value"]], f"{name}/context")
    context = graph.op("Transpose", [context], f"{name}/context/turned", perm=[0, 2, 1, 3])
    context = graph.op("Reshape", [context, graph.constant([0, 0, WIDTH], "int64")], f"{name}/context/joined")
    out = graph.linear(context, f"{key}.attention.output.dense", f"{name}/attention")
    out = graph.op("Add", [out, x], f"{name}/attention/residual")
    attended = graph.layer_norm(out, f"{key}.attention.output.LayerNorm", f"{name}/attention/norm")
    inner = graph.linear(attended, f"{key}.intermediate.dense", f"{name}/inner")
    inner = graph.op("Gelu", [inner], f"{name}/gelu")
    out = graph.linear(inner, f"{key}.output.dense", f"{name}/outer")
    out = graph.op("Add", [out, attended], f"{name}/residual")
    return graph.layer_norm(out, f"{key}.output.LayerNorm", f"{name}/norm")


def pooled(graph, x):
    """Mean over the tokens that the mask keeps, then unit length: [batch, 384]."""
    axis = graph.constant([1], "int64")
    mask = graph.op("Cast", ["attention_mask"], "mask_float", to=TensorProto.FLOAT)
    rows = graph.op("Unsqueeze", [mask, axis], "mask_rows")
    total = graph.op("Squeeze", [graph.op("MatMul", [rows, x], "token_sum_3d"), axis], "token_sum")
    count = graph.op("ReduceSum", [mask, axis], "token_count", keepdims=1)
    mean = graph.op("Div", [total, count], "token_mean")
    return graph.op("LpNormalization", [mean], "sentence_embedding", axis=-1, p=2)


def export(safetensors):
    """The ONNX file's bytes, from the safetensors file's bytes."""
    graph = Graph(read_safetensors(safetensors))
    x, bias = embeddings(graph), attention_bias(graph)
    for index in range(LAYERS):
        x = layer(graph, x, bias, index)
    output = pooled(graph, x)
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "sequence"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["batch", WIDTH])]
    body = helper.make_graph(graph.nodes, "all-MiniLM-L6-v2", inputs, outputs, graph.initializers)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)
