"""What TF-Slim, Keras, PyTorch, darknet and the papers call a thing, and our name for it or how it is said here."""

from __future__ import annotations

from functools import cache


def bare(name: str) -> str:
    """A name without case, underscores and hyphens, in which libraries differ."""
    return name.lower().replace("_", "").replace("-", "")


_THEIRS: dict[str, str] = {
    "abs": "absolute absolute_value AbsVal",
    "absolute_error": "absolute_difference L1Loss",
    "accuracy": (
        "acc categorical_accuracy sparse_top_k_categorical_accuracy SparseCategoricalAccuracy top1 top5 top_k "
        "top_k_categorical_accuracy"
    ),
    "activation": "act act_fn act_layer activation_fn activation_function nonlin nonlinearity",
    "adam": "AdamOptimizer",
    "adaptive_avg_pool2d": "adaptive_average_pool2d adaptive_avg_pool adaptive_pool AdaptiveAveragePooling2D",
    "add": "addition element_wise_sum Eltwise plus residual residual_add shortcut skip_add",
    "add_learned": (
        "add_position learned_position learned_positions pos_embed position_embedding position_encoding "
        "positional_embedding"
    ),
    "alpha": "leak negative_slope slope",
    "alpha_dropout": "FeatureAlphaDropout",
    "attention": (
        "AdditiveAttention cross_attention dot_product_attention GroupedQueryAttention GroupQueryAttention MHA MHSA "
        "multi_head multihead_self_attention MultiheadAttention scaled_dot_product_attention self_attention"
    ),
    "average": "avg EMA merge_average ModelEMA moving_average",
    "avg_pool1d": "AveragePooling1D",
    "avg_pool2d": "average_pooling averagepool AveragePooling2D avgpool",
    "avg_pool3d": "AveragePooling3D",
    "axes": "dims perm",
    "axis, axes": "dim dimension",
    "batch": "batch_size",
    "batch_norm, norm": (
        "batch_normalization BatchNorm1d BatchNorm2d BatchNorm3d batchnorm_layer bn fused_batch_norm normalize_batch "
        "SyncBatchNorm SyncBN synchronizedbatchnorm"
    ),
    "bias": "add_bias bias_term biases has_bias qkvbias use_bias with_bias",
    "bias_initializer": "bias_filler bias_init biases_init biases_initializer",
    "bias_l2": "bias_regularizer biases_regularizer",
    "causal": "causal_mask is_causal use_causal_mask",
    "celu": "ContinuouslyDifferentiableELU",
    "central_crop": "central_crop_image",
    "clip": "clamp clip_by_value Hardtanh relu_n",
    "color_jitter": "color_distortion distort_color",
    "concat": (
        "cat concat_channels Concatenate concatenation depth_concat filter_concat joined merge route stack_channels"
    ),
    "constant": "const fill",
    "contrastive": "ContrastiveLoss",
    "conv1d": "Convolution1D convolutional1d temporal_convolution",
    "conv1d_transpose": "ConvTranspose1d Deconv1d",
    "conv2d": "conv conv2d_layer convolution Convolution2D convolutional spatial_convolution",
    "conv2d_transpose": (
        "conv2d_t conv_transpose ConvTranspose2d deconv deconv2d Deconvolution deconvolution2d transpose_conv "
        "transposeconv2d transposed_conv transposedconv2d up_conv2d upconv"
    ),
    "conv3d": "Convolution3D",
    "conv3d_transpose": "ConvTranspose3d Deconv3d",
    "cosine": "cosine_schedule CosineAnnealing CosineAnnealingLR CosineDecay",
    "count_padding": "count_include_pad include_pad",
    "crelu": "concatenated_relu",
    "crop": "centercrop2d Cropping1D Cropping2D Cropping3D",
    "crop_or_pad, crop": "CenterCrop",
    "decay": "bn_decay bn_momentum moving_average_decay",
    "defaults": "arg_scope default_args",
    "dense": (
        "connected EinsumDense fc FCLayer fully_connected fully_connected_layer gemm InnerProduct LazyLinear Linear"
    ),
    "depth_to_space": "periodic_shuffle PixelShuffle PixelShuffleLayer subpixel subpixel_conv",
    "depthwise_conv2d": "depthwise depthwise_conv depthwise_convolution dwconv",
    "dice": "DiceLoss soft_dice",
    "dirac": "eye identity_initializer",
    "divide": "div division quotient",
    "drop_path": "DropConnect layer_drop stochastic_depth",
    "dropout": (
        "Dropout1d Dropout2d Dropout3d FeatureDropout spatial_dropout SpatialDropout1D SpatialDropout2D "
        "SpatialDropout3D"
    ),
    "dropout_rate": "attention_dropout attn_drop",
    "embedding": "embed embedding_lookup EmbeddingBag lookup token_embedding word_embedding",
    "endpoint": "alias output_name top",
    "epsilon": "bn_eps eps norm_eps variance_epsilon",
    "expand_dims": "newaxis unsqueeze unsqueeze_dim",
    "exponential": "ExponentialDecay ExponentialLR step_decay StepLR",
    "factor": "block_size downscale_factor scale_factor upscale_factor",
    "filters": "num_filters",
    "filters, units": "channels nfilters nout num_filter num_output num_outputs out_channels",
    "flatten": "flatten_layer ravel",
    "frequency": "omega omega_0 w0",
    "from": "bottom input inputs layers_from",
    "gain": (
        "layer_scale layer_scale_init LayerScaleLayer learnable_scale learned_scale ReZero Scale ScaleLayer skip_init"
    ),
    "gaussian_noise": "add_noise noise normal_noise",
    "generalized_mean_pool": "gem gempool",
    "global_avg_pool": (
        "AdaptiveAveragePooling1D AdaptiveAveragePooling3D AdaptiveAvgPool1d AdaptiveAvgPool3d avgpool_global GAP "
        "gap2d global_average_pool2d global_avg_pool2d GlobalAveragePool GlobalAveragePooling GlobalAveragePooling1D "
        "GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1d GlobalAvgPool3d"
    ),
    "global_max_pool": (
        "AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AdaptiveMaxPooling2D global_max_pool2d "
        "global_max_pool3d GlobalMaxPooling GlobalMaxPooling2D GlobalMaxPooling3D GMP"
    ),
    "global_max_pool1d, global_max_pool": "GlobalMaxPooling1D max_over_time",
    "glorot_normal": "xavier_normal_",
    "glorot_uniform": "glorot xavier xavier_initializer xavier_uniform_",
    "grid": "align_corners half_pixel_centers",
    "group_norm": "gn GroupNormalization",
    "groups": "cardinality feature_group_count num_group num_groups num_groups_norm",
    "gru": "BiGRU CudnnGRU GRUCell",
    "hard_sigmoid": "hsigmoid",
    "hard_swish": "hswish",
    "he_normal": "he he_initializer kaiming kaiming_normal_ msra msra_filler MSRAPrelu",
    "he_uniform": "kaiming_uniform_",
    "heads": "head_count n_heads nhead nhead_count num_heads",
    "huber": "huber_loss SmoothL1 SmoothL1Loss",
    "identity": "Linear_activation noop pass passthrough skip_layer",
    "initializer": (
        "embeddings_initializer init_std kernel_init kernel_initializer weight_init weight_initializer weights_init "
        "weights_initializer"
    ),
    "instance_norm": "IN InstanceNorm1d InstanceNorm2d InstanceNorm3d instancenormalization",
    "keep": "keep_dims keepdim",
    "kernel": "kernel_size",
    "kernel, size": "filter_size kernel_dim kernel_shape kernel_sizes ksize pool_size size window_size",
    "key_size": "head_dim head_size key_dim size_per_head",
    "l1": "kernel_l1",
    "l2": "decay_l2 kernel_l2 kernel_regularizer regularizer weight_decay weight_regularizer weights_regularizer",
    "l2_normalize": "l2norm L2Normalization normalize_l2 normalize_vector unit_length unit_norm UnitNormalization",
    "layer_norm": "LayerNormalisation LayerNormalization ln",
    "leaky_relu, alpha": "leaky LReLU",
    "learned": "add_weight nn.Parameter parameter variable weight_variable",
    "lecun_normal": "LecunNormalInitializer",
    "local_response_norm": "LocalResponseNormalization lrn",
    "log": "logarithm natural_log",
    "lstm": "BiLSTM CudnnLSTM LSTMCell",
    "matmul": "batch_dot BatchMatMul bmm dot einsum",
    "max_pool1d": "MaxPooling1D",
    "max_pool2d": "maxpool maxpooling MaxPooling2D pool pooling",
    "max_pool3d": "MaxPooling3D",
    "maximum": "max_of",
    "mean_absolute_error": "mae",
    "mean_iou": "IntersectionOverUnion iou jaccard miou",
    "method": "interpolation interpolation_mode",
    "moments": "mean_variance meanstd",
    "multiplier": "channel_multiplier depth_multiplier expansion_multiplier",
    "multiply": "elementwise_mul eltwise_mul gate mul product scale_channels",
    "name": "scope",
    "norm": (
        "batch_normalize bn_layer norm_layer normalisation normalization normalizer normalizer_fn normalizer_function "
        "normalizer_params use_bn"
    ),
    "normalize": "mean_subtraction Normalize_image",
    "one_hot": "CategoryEncoding one_hot_encoding",
    "orthogonal": "orthonormal",
    "pad": (
        "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d mirror_pad pad2d "
        "padding2d reflect_pad ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d "
        "ReplicationPad3d zero_pad ZeroPad1d ZeroPad2d ZeroPad3d ZeroPadding1D ZeroPadding2D ZeroPadding3D"
    ),
    "padding": "border_mode pads",
    "piecewise": "multistep MultiStepLR piecewise_constant PiecewiseConstantDecay step_schedule",
    "polynomial": "linear_decay poly PolyLR PolynomialDecay",
    "pow": "cube power reciprocal rsqrt sqrt square square_root",
    "prelu": "parametric_relu",
    "prepend_learned": "class_token cls cls_token prepend_token register_tokens",
    "random_flip": "horizontal_flip mirror random_horizontal_flip random_mirror",
    "random_normal": "gaussian normal_",
    "random_resized_crop": "inception_crop RandomResizedCrop2D",
    "rate": (
        "atrous_rate dilate dilation dilation_rate dilation_rates dilations drop_prob drop_rate learning_rate lr p prob"
    ),
    "reduce_max": "amax max",
    "reduce_mean": "mean",
    "reduce_min": "amin",
    "reduce_sum, add": "sum",
    "repeat": "copies num_blocks times_repeated",
    "reshape": "fold_axes Reshape_layer unflatten view",
    "resize": ("interp interpolate resize_bilinear resize_images resize_nearest resize_nearest_neighbor Resizing"),
    "rms_norm": "RMSNormalisation RMSNormalization",
    "rmsprop": "RMSPropOptimizer",
    "roll": "cyclic_shift torch_roll",
    "scale_gradient": "detach grad_scale gradient_reversal GradientReversalLayer grl stop_grad stop_gradient",
    "separable_conv2d": "separable_conv separable_convolution2d sepconv",
    "sgd": "GradientDescent MomentumOptimizer sgdm",
    "shape": "batch_shape input_shape input_size",
    "share": "reuse share_weights shared tie tied weight_sharing",
    "sigmoid": "logistic",
    "sigmoid_cross_entropy": (
        "bce bce_with_logits BCELoss BCEWithLogitsLoss BinaryCrossentropy log_loss MultiLabelSoftMarginLoss "
        "sigmoid_loss"
    ),
    "silu": "Swish",
    "sin": "sine",
    "slice": "crop_channels index_select narrow select strided_slice",
    "softmax": "prediction softmax_layer",
    "softmax_cross_entropy": (
        "categorical_cross_entropy cce ce ce_loss cross_entropy CrossEntropy2d CrossEntropyLoss nll NLLLoss "
        "softmax_cross_entropy_with_logits softmax_loss SoftmaxWithLoss sparse_categorical_crossentropy "
        "sparse_softmax_cross_entropy SparseCategoricalCrossentropyLoss xent"
    ),
    "space_to_depth": "focus passthrough_reorg PixelUnshuffle reorg",
    "spatial_softmax": "expected_coordinates soft_argmax SpatialSoftArgmax",
    "split": "chunk tensor_split unbind",
    "sqrt": "sqroot",
    "squared_error": "L2Loss mean_squared_error mse MSELoss",
    "squeeze": "spatial_squeeze squeeze_dims",
    "stride": "strides subsample",
    "subtract": "difference minus sub",
    "threshold": "ThresholdedReLU",
    "transpose": "movedim Permute permute_axes Permute_dims rearrange swapaxes",
    "triplet": "triplet_loss triplet_margin TripletMarginLoss TripletSemiHardLoss",
    "truncated_normal": "msra_trunc trunc_normal TruncatedNormalInitializer",
    "uniform": "RandomUniform uniform_initializer",
    "uniform_noise": "quantization_noise",
    "units": (
        "d_model dim_out embed_dim embedding_dim hidden_dim hidden_size hidden_units n_units neurons nodes num_units "
        "out_dim out_features output_dim"
    ),
    "upsample": (
        "nearest_upsample UpSampling1D UpSampling2D UpSampling3D UpsamplingBilinear2d UpsamplingNearest2d upscale"
    ),
    "value_size": "value_dim",
    "values": "array from_list list",
    "when": "condition if",
    "train": "fit trainer training",
    "eval": "evaluate evaluation val validate validation",
    "losses": "criterion loss objective",
    "optimizer": "optim solver",
    "epochs": "max_epochs n_epochs num_epochs",
    "steps": "max_iter max_steps num_steps total_steps",
    "clip_norm": "clip_grad clip_grad_norm clipnorm global_clipnorm grad_clip gradient_clip max_grad_norm",
    "freeze": "freeze_layers frozen_layers",
    "initialize": "checkpoint_path init_checkpoint load_from pretrained pretrained_weights resume_from",
    "data": "data_source dataset dataloader train_data",
    "preprocess": "augment augmentation augmentations preprocessing transform transforms",
    "early_stopping": "early_stop EarlyStopping",
    "seed": "random_seed random_state",
    "folder": "directory image_dataset_from_directory ImageFolder",
    "csv": "dataframe tsv",
    "tfrecord": "records TFRecordDataset tfrecords",
    "arrays": "numpy npy npz",
    "label_smoothing": "label_smooth smoothing",
    "words": "input_dim max_features num_embeddings num_words vocab vocab_size vocabulary_size",
}
"""Our name, or some of which the first that is there is meant, and what others call it."""


@cache
def names() -> dict[str, tuple[str, ...]]:
    """Our names for a thing, by what others call it without case and underscores."""
    return {bare(theirs): tuple(ours.split(", ")) for ours, named in _THEIRS.items() for theirs in named.split()}


_PAGE = "docs/cookbook.md"
_KNOWN = "what comes before says it: take it out"
_AT_RUN_TIME = "boxes that are found at run time cannot be said; the network ends at the numbers that they are made of"

_SAID: tuple[tuple[str, str, str], ...] = (
    (
        "conv2d",
        "arcface aspp attention_gate basic_block bottleneck capsule cbam channel_attention ChannelShuffle dense_block "
        "eca eca_layer encoder_layer fire fire_module fpn gated_activation highway inception inverted_residual mbconv "
        "mobile_block non_local non_local_block ppm pyramid_pooling res_block residual_block resnet_block se se_block "
        "se_layer spatial_attention spp squeeze_and_excitation squeeze_and_excite squeeze_excitation squeeze_excite "
        "Transformer transformer_block TransformerEncoder TransformerEncoderLayer window_attention window_partition",
        f"it is a block of other operations: {_PAGE} has it",
    ),
    ("conv2d", "Activation", "write the activation's own name: `- relu`, or `{leaky_relu: 0.1}`"),
    ("conv2d", "input InputLayer", "inputs stand under `inputs`, and a layer takes one with `from`"),
    ("conv2d", "ModuleList Sequential", "a list of layers under a name is a sequence: `- body: [a: …, b: …]`"),
    ("conv2d", "Lambda", "nothing of a spec is executed: write it with operations, or bring an op in a package"),
    ("conv2d", "atrous_conv2d atrousconv dilated_conv dilatedconv2d", "write `{conv2d: 64, kernel: 3, rate: 2}`"),
    ("conv2d", "group_conv groupconv2d grouped_conv", "write `{conv2d: 64, kernel: 3, groups: 4}`"),
    ("conv2d", "conv1x1 pointwise pointwise_conv pointwiseconv2d", "write `{conv2d: 64, kernel: 1}`"),
    ("conv2d", "conv3x3", "write `{conv2d: 64, kernel: 3}`"),
    ("conv2d", "causal_conv causal_conv1d", "write `{conv1d: 64, kernel: 3, padding: causal}`"),
    ("conv2d", "deform_conv deform_conv2d", "positions that are found at run time cannot be said"),
    ("conv2d", "local local_conv locally_connected2d", "weights that differ from position to position cannot be said"),
    ("conv2d", "conv_lstm ConvLSTM2D", "`lstm` and `gru` read vectors; over maps there is no recurrence"),
    ("conv2d", "detection nms prior_box psroi_pool region roi_align roi_pool roipooling yolo", _AT_RUN_TIME),
    (
        "conv2d",
        "patch_embed patch_embedding",
        "write `{conv2d: 768, kernel: 16, stride: 16, padding: valid}`, flattened",
    ),
    ("conv2d", "patch_merging", "write `space_to_depth: 2`, `layer_norm` and `dense`"),
    ("conv2d", "extract_patches Fold im2col Unfold", f"patches that do not overlap are made by `reshape`: {_PAGE}"),
    ("conv2d", "gated_linear_unit geglu GLU swiglu", f"write `split: 2` and multiply one half by the sigmoid: {_PAGE}"),
    ("conv2d", "LogSigmoid", "write `multiply: -1`, `softplus` and `multiply: -1`"),
    ("conv2d", "Softmin", "write `multiply: -1` and `softmax`"),
    ("conv2d", "Softmax2d", "did you mean `softmax`? It is over the channels"),
    ("conv2d", "one_minus", "write `multiply: -1` and `add: 1`"),
    ("conv2d", "frobenius l2norm2 norm", "for lengths write `pow: 2`, `reduce_sum: -1` and `pow: 0.5`"),
    ("conv2d", "squash", f"write it with `pow`, `reduce_sum` and `divide`: {_PAGE}"),
    ("conv2d", "PairwiseDistance", "write `subtract`, `pow: 2` and `reduce_sum: -1`"),
    ("conv2d", "cosine CosineSimilarity", "write `l2_normalize` on both, `multiply` and `reduce_sum: -1`"),
    ("conv2d", "Bilinear outer", "write `matmul` of a column and a row, which `expand_dims` makes"),
    ("conv2d", "acos arccos arcsin asin", "an angle is seldom needed: cos(a + m) is cos a * cos m - sin a * sin m"),
    ("by", "axes axis dim dims", "write a number for each axis: `roll: [-2, -2]`"),
    ("conv2d", "DepthwiseConv1D", "write `groups`, as many as the channels: `{conv1d: 64, kernel: 3, groups: 64}`"),
    ("conv2d", "SeparableConv1D", "write a `conv1d` with `groups`, as many as the channels, and one with kernel 1"),
    ("conv2d", "neg negative", "write `multiply: -1`"),
    ("conv2d", "argmax", "a loss and a metric read the logits; `archspec predict` prints classes"),
    ("conv2d", "images_to_sequence", "write `{flatten, last: 1}`, after `transpose: [1, 0, 2]` for columns"),
    ("conv2d", "sequence_to_images", "write `reshape`"),
    ("conv2d", "repeat", "write `repeat: 3` on the layer, beside its operation"),
    ("conv2d", "RReLU", "write `leaky_relu`, or `prelu`, whose slopes are learned"),
    (
        "conv2d",
        "maxunpool MaxUnpool2d unpool unpooling",
        "positions that are found at run time cannot be said; `upsample`",
    ),
    ("conv2d", "pixel_norm", "write `{rms_norm, scale: false}`"),
    ("conv2d", "minibatch_stddev", "an example does not see the others of its batch, but in `batch_norm`"),
    ("conv2d", "add_bias bias_add", "write `bias: true` on the layer"),
    ("conv2d", "Rescaling", "write `multiply: 2` and `add: -1`, or `normalize` in `preprocess`"),
    (
        "conv2d",
        "broadcast expand RepeatVector tile",
        "`add` and `multiply` stretch axes of 1; `concat: [a, a]` repeats",
    ),
    ("conv2d", "stack", "layers of one kind are `repeat` or `table`; a new axis is `expand_dims` and `concat`"),
    ("conv2d", "TimeDistributed", "`dense` works along the last axis, `conv3d` with kernel 1x3x3 on every frame"),
    ("conv2d", "Masking", "sequences are filled to one length, and a loss takes a `mask`"),
    ("conv2d", "spectral_norm SpectralNormalization", "there is no spectral norm; there is `weight_standardization`"),
    ("filters", "spectral_norm", "there is no spectral norm; there is `weight_standardization`"),
    ("conv2d", "weight_norm weight_normalization", "there is no weight norm; there is `weight_standardization`"),
    ("filters", "weight_norm", "there is no weight norm; there is `weight_standardization`"),
    ("conv2d", "Bidirectional", "write `{lstm: 64, bidirectional: true}`, or `gru`"),
    ("conv2d", "RNN RNNCell SimpleRNN StackedRNNCells", "write `lstm` or `gru`"),
    ("relu", "Softmax", "it is a layer of its own, after the logits that a loss reads: `- Predictions: softmax`"),
    ("constant", "zero zeros zeros_initializer", "write `{constant: 0}`"),
    ("constant", "one ones ones_initializer", "write `{constant: 1}`"),
    ("kernel", "padding_mode", "put a layer before it, `{pad: 1, mode: reflect}`, and write `padding: valid`"),
    ("kernel", "ceil_mode", "write `padding: same`, or the padding in numbers"),
    ("kernel", "data_format", "channels are always last: take it out"),
    ("kernel", "output_padding", "write the padding in numbers, before and after along each axis"),
    ("kernel", "in_channels input_channels num_inputs", _KNOWN),
    ("units", "in_dim in_features input_dim input_size", _KNOWN),
    ("center", "normalized_shape num_channels num_features", _KNOWN),
    ("heads", "d_model embed_dim hidden_size", _KNOWN),
    ("filters", "input_shape", "sizes stand once, under `inputs`: take it out"),
    ("units", "input_shape", "sizes stand once, under `inputs`: take it out"),
    ("filters", "freeze frozen requires_grad trainable", "write the layer's path under `freeze` in `train`"),
    ("units", "freeze frozen requires_grad trainable", "write the layer's path under `freeze` in `train`"),
    ("center", "affine elementwise_affine learnable", "write `center` and `scale`"),
    ("decay", "momentum", "write `decay`: it is Keras's momentum, and 1 less PyTorch's"),
    ("decay", "track_running_stats", "moving averages are always kept; take it out"),
    ("alpha", "inplace", "memory is TensorFlow's affair: take it out"),
    ("rate", "inplace", "memory is TensorFlow's affair: take it out"),
    ("bidirectional", "return_sequences", "both are there: the layer is the sequence, `NAME.last` its last output"),
    ("bidirectional", "return_state", "the last output is `NAME.last`"),
    ("bidirectional", "go_backwards reverse", "write `bidirectional: true`"),
    ("bidirectional", "num_layers", "write a layer for each, or `repeat`"),
    ("bidirectional", "batch_first stateful time_major", "the batch is first, every example begins anew: take it out"),
    ("bidirectional", "Dropout recurrent_dropout", "put a `dropout` between the layers"),
    (
        "optimizer",
        "learning_rate lr lr_schedule scheduler",
        "write the rate at the optimizer: `optimizer: {sgd: {cosine: 0.1}}`",
    ),
    ("beta_1", "betas", "write `beta_1` and `beta_2`"),
    ("adam", "adamw", "write `{adam: 1e-3, weight_decay: 0.01}`: its decay is AdamW's"),
    ("random_flip", "random_affine random_rotation RandomRotate rotate", "no step turns pictures"),
    ("random_flip", "to_tensor rescale rescale_image", "pixels are numbers from 0 to 1 already: take it out"),
    ("mean", "std", "write `scale`; both count from 0 to 255: 0.485 is 123.7"),
    (
        "minimize",
        "critic custom divergence kl kl_divergence KLDivLoss Lambda mean sum wasserstein wgan",
        f"make it with operations, and `minimize` that: {_PAGE}",
    ),
    ("words", "mask_zero padding_idx", "every number has its vector; a loss takes a `mask`"),
    ("rate", "keep_prob keep_probability", "write `rate`, the part that is dropped: 1 less it"),
)
"""One of the names among those that are there, what others call a thing, and the sentence that then helps."""


@cache
def sentences() -> dict[str, list[tuple[str, str]]]:
    """The sentences, each with the name that must be there, by what others call a thing as in `names`."""
    found: dict[str, list[tuple[str, str]]] = {}
    for there, named, sentence in _SAID:
        for theirs in named.split():
            found.setdefault(bare(theirs), []).append((there, sentence))
    return found


def elsewhere(name: str) -> list[str]:
    """What others call a thing that we call so, where that is what they mean first."""
    return [theirs for ours, named in _THEIRS.items() if ours.split(", ")[0] == name for theirs in named.split()]
