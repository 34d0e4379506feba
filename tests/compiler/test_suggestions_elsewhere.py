"""What other libraries call a thing is answered with our name for it, or with how it is said here."""

from __future__ import annotations

import re

import pytest

from archspec.compiler.language.elsewhere import _SAID, _THEIRS, bare, names
from archspec.compiler.language.registry import builtin
from archspec.compiler.language.suggestions import nearest
from archspec.compiler.spec.layers import COMMON, OPERATIONS

TORCH = """
    Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d Unfold Fold MaxPool1d MaxPool2d MaxPool3d MaxUnpool2d
    AvgPool1d AvgPool2d AvgPool3d AdaptiveMaxPool2d AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d ReflectionPad2d
    ReplicationPad2d ZeroPad2d ConstantPad2d CircularPad2d ELU Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid
    MultiheadAttention PReLU ReLU ReLU6 RReLU SELU CELU GELU Sigmoid SiLU Mish Softplus Softsign Tanh Threshold GLU Softmin
    Softmax Softmax2d LogSoftmax BatchNorm1d BatchNorm2d BatchNorm3d GroupNorm SyncBatchNorm InstanceNorm2d LayerNorm
    LocalResponseNorm RMSNorm RNN LSTM GRU RNNCell LSTMCell GRUCell Transformer TransformerEncoder TransformerEncoderLayer Identity
    Linear Bilinear LazyLinear Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout Embedding EmbeddingBag
    CosineSimilarity PairwiseDistance PixelShuffle PixelUnshuffle Upsample UpsamplingNearest2d UpsamplingBilinear2d ChannelShuffle
    Flatten Unflatten Sequential ModuleList Parameter
"""
KERAS = """
    Activation Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D AveragePooling2D AveragePooling3D
    BatchNormalization Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D Conv2DTranspose Conv3D
    Conv3DTranspose ConvLSTM2D Convolution2D Cropping1D Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Dot Dropout ELU
    EinsumDense Embedding Flatten GRU GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D
    GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization GroupQueryAttention Identity
    InputLayer LSTM Lambda LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D MaxPool2D Maximum Minimum
    MultiHeadAttention Multiply PReLU Permute RMSNormalization RNN ReLU RepeatVector Rescaling Reshape Resizing SeparableConv1D
    SeparableConv2D SimpleRNN Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract
    ThresholdedReLU TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D
    ZeroPadding3D AdaptiveAveragePooling2D
"""
SLIM = """
    avg_pool2d batch_norm bias_add conv2d conv2d_in_plane conv2d_transpose conv3d convolution convolution2d dropout elu flatten
    fully_connected GDN group_norm images_to_sequence instance_norm layer_norm linear max_pool2d maxout one_hot_encoding pool relu
    repeat scale_gradient separable_conv2d separable_convolution2d sequence_to_images softmax spatial_softmax stack unit_norm
"""
DARKNET = """
    convolutional maxpool avgpool connected route shortcut upsample reorg yolo region softmax dropout batchnorm crop local rnn gru
    lstm scale_channels
"""
OPERATIONS_HERE = (*builtin().ops, *OPERATIONS)


@pytest.mark.parametrize("name", sorted({*TORCH.split(), *KERAS.split(), *SLIM.split(), *DARKNET.split()}))
def test_a_layer_of_another_library_is_answered(name: str) -> None:
    assert name in OPERATIONS_HERE or nearest(name, OPERATIONS_HERE), name


FIELDS = {
    "conv2d": """
        in_channels out_channels kernel_size strides padding_mode dilation dilation_rate use_bias data_format kernel_initializer
        kernel_regularizer num_outputs normalizer_fn activation_fn weights_initializer size batch_normalize trainable num_group
        weight_norm spectral_norm input_shape weight_decay
    """,
    "max_pool2d": "kernel_size pool_size strides ceil_mode data_format size",
    "avg_pool2d": "count_include_pad pool_size",
    "dense": "in_features out_features use_bias kernel_initializer num_outputs hidden_size output_dim input_shape",
    "batch_norm": "num_features eps momentum affine track_running_stats",
    "group_norm": "num_groups num_channels eps affine",
    "layer_norm": "normalized_shape eps elementwise_affine",
    "leaky_relu": "negative_slope inplace",
    "dropout": "p inplace drop_prob keep_prob",
    "attention": "num_heads embed_dim key_dim head_dim use_causal_mask dropout qkv_bias value_dim",
    "embedding": "num_embeddings embedding_dim input_dim output_dim vocab_size padding_idx mask_zero",
    "lstm": "hidden_size input_size num_layers batch_first return_sequences return_state go_backwards dropout recurrent_dropout",
    "upsample": "scale_factor interpolation",
    "resize": "scale_factor align_corners interpolation",
    "depth_to_space": "upscale_factor block_size",
    "global_avg_pool": "keepdims keep_dims",
    "reduce_mean": "dim keepdim keepdims axis",
    "softmax": "dim",
}


@pytest.mark.parametrize("op", FIELDS)
def test_a_field_of_another_library_is_answered(op: str) -> None:
    known = [*builtin().ops[op].FIELDS, *COMMON]
    assert [name for name in FIELDS[op].split() if not nearest(name, known)] == []


@pytest.mark.parametrize(
    ("name", "known", "answer"),
    [
        ("momentum", ["decay", "epsilon"], "write `decay`: it is Keras's momentum, and 1 less PyTorch's"),
        ("momentum", ["momentum", "rate"], "did you mean `momentum`?"),
        ("zeros", ["constant", "uniform"], "write `{constant: 0}`"),
        (
            "softmax",
            ["relu", "elu"],
            "it is a layer of its own, after the logits that a loss reads: `- Predictions: softmax`",
        ),
        ("softmax", ["relu", "softmax"], "did you mean `softmax`?"),
        ("input_dim", ["words", "units"], "did you mean `words`?"),
        ("input_dim", ["units", "bias"], "what comes before says it: take it out"),
        ("return_sequences", ["units"], None),
    ],
)
def test_a_sentence_helps_where_it_belongs(name: str, known: list[str], answer: str | None) -> None:
    assert nearest(name, known) == answer


def test_a_name_of_others_stands_once() -> None:
    named = [bare(theirs) for all_of_one in _THEIRS.values() for theirs in all_of_one.split()]
    assert len(named) == len(set(named)) == len(names())
    said = [(there, bare(theirs)) for there, named, _ in _SAID for theirs in named.split()]
    assert len(said) == len(set(said))


def test_what_a_sentence_tells_to_write_is_there() -> None:
    forms = builtin().by_name.values()
    language = {form.NAME for form in forms} | {name for form in forms for name in form.FIELDS} | set(COMMON)
    language |= {
        "inputs",
        "train",
        "freeze",
        "preprocess",
        "NAME",
        "body",
        "layers",
        "last",
        "true",
        "false",
        "archspec",
        "predict",
    }
    for there, _, sentence in _SAID:
        written = " ".join(re.findall("`([^`]*)`", sentence))
        assert (
            set(re.findall(r"[A-Za-z_]\w\w*[a-z0-9]", written)) - {"Predictions", "same", "valid", "causal", "reflect"}
            <= language
        )
        assert there in language
