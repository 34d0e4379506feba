"""What TF-Slim, Keras, PyTorch, darknet and the papers call a thing, and our name for it or how it is said here."""

from __future__ import annotations

_THEIRS: dict[str, str] = {
    "abs": "absval absolute absolutevalue",
    "accuracy": (
        "acc categoricalaccuracy sparsecategoricalaccuracy sparsetopkcategoricalaccuracy top1 top5 topk "
        "topkcategoricalaccuracy"
    ),
    "activation": "act actfn activationfn activationfunction actlayer nonlin nonlinearity",
    "adam": "adamoptimizer",
    "adaptive_avg_pool2d": "adaptiveaveragepool2d adaptiveaveragepooling2d adaptiveavgpool adaptivepool",
    "add": "addition elementwisesum eltwise plus residual residualadd shortcut skipadd",
    "add_learned": (
        "addposition learnedposition learnedpositions posembed positionalembedding positionembedding positionencoding"
    ),
    "alpha": "leak negativeslope slope",
    "alpha_dropout": "featurealphadropout",
    "attention": (
        "additiveattention crossattention dotproductattention groupedqueryattention groupqueryattention mha mhsa "
        "multihead multiheadattention multiheadselfattention scaleddotproductattention selfattention"
    ),
    "average": "avg mergeaverage",
    "avg_pool1d": "averagepooling1d",
    "avg_pool2d": "averagepool averagepooling averagepooling2d avgpool",
    "avg_pool3d": "averagepooling3d",
    "axes": "dims perm",
    "axis, axes": "dim dimension",
    "batch": "batchsize",
    "batch_norm, norm": (
        "batchnorm1d batchnorm2d batchnorm3d batchnormalization batchnormlayer bn fusedbatchnorm normalizebatch "
        "syncbatchnorm syncbn synchronizedbatchnorm"
    ),
    "bias": "qkvbias addbias biases biasterm hasbias usebias withbias",
    "bias_initializer": "biasesinit biasesinitializer biasfiller biasinit",
    "bias_l2": "biasesregularizer biasregularizer",
    "causal": "causalmask iscausal usecausalmask",
    "celu": "continuouslydifferentiableelu",
    "central_crop": "centralcropimage",
    "clip": "clamp clipbyvalue hardtanh relun",
    "color_jitter": "colordistortion distortcolor",
    "concat": "cat concatchannels concatenate concatenation depthconcat filterconcat joined merge route stackchannels",
    "constant": "const fill",
    "contrastive": "contrastiveloss",
    "conv1d": "convolution1d convolutional1d temporalconvolution",
    "conv1d_transpose": "convtranspose1d deconv1d",
    "conv2d": "conv conv2dlayer convolution convolution2d convolutional spatialconvolution",
    "conv2d_transpose": (
        "conv2dt convtranspose convtranspose2d deconv deconv2d deconvolution deconvolution2d transposeconv "
        "transposeconv2d transposedconv transposedconv2d upconv upconv2d"
    ),
    "conv3d": "convolution3d",
    "conv3d_transpose": "convtranspose3d deconv3d",
    "cosine": "cosineannealing cosineannealinglr cosinedecay cosineschedule",
    "count_padding": "countincludepad includepad",
    "crelu": "concatenatedrelu",
    "crop": "centercrop2d cropping1d cropping2d cropping3d",
    "crop_or_pad, crop": "centercrop",
    "decay": "bndecay bnmomentum movingaveragedecay",
    "defaults": "argscope defaultargs",
    "dense": "connected einsumdense fc fclayer fullyconnected fullyconnectedlayer gemm innerproduct lazylinear linear",
    "depth_to_space": "periodicshuffle pixelshuffle pixelshufflelayer subpixel subpixelconv",
    "depthwise_conv2d": "depthwise depthwiseconv depthwiseconvolution dwconv",
    "dice": "diceloss softdice",
    "dirac": "eye identityinitializer",
    "divide": "div division quotient",
    "drop_path": "dropconnect layerdrop stochasticdepth",
    "dropout": (
        "dropout1d dropout2d dropout3d featuredropout spatialdropout spatialdropout1d spatialdropout2d spatialdropout3d"
    ),
    "dropout_rate": "attentiondropout attndrop",
    "embedding": "embed embeddingbag embeddinglookup lookup tokenembedding wordembedding",
    "endpoint": "alias outputname top",
    "epsilon": "bneps eps normeps varianceepsilon",
    "expand_dims": "newaxis unsqueeze unsqueezedim",
    "exponential": "exponentialdecay exponentiallr stepdecay steplr",
    "factor": "blocksize downscalefactor scalefactor upscalefactor",
    "filters": "numfilters",
    "filters, units": "channels nfilters nout numfilter numoutput numoutputs outchannels",
    "flatten": "flattenlayer ravel",
    "frequency": "omega omega0 w0",
    "from": "bottom input inputs layersfrom",
    "gain": "layerscale layerscaleinit layerscalelayer learnablescale learnedscale rezero scale scalelayer skipinit",
    "gaussian_noise": "addnoise noise normalnoise",
    "generalized_mean_pool": "gem gempool",
    "global_avg_pool": (
        "adaptiveaveragepooling1d adaptiveaveragepooling3d adaptiveavgpool1d adaptiveavgpool3d avgpoolglobal gap "
        "gap2d globalaveragepool globalaveragepool2d globalaveragepooling globalaveragepooling1d "
        "globalaveragepooling2d globalaveragepooling3d globalavgpool1d globalavgpool2d globalavgpool3d"
    ),
    "global_max_pool": (
        "adaptivemaxpool1d adaptivemaxpool2d adaptivemaxpool3d adaptivemaxpooling2d globalmaxpool2d globalmaxpool3d "
        "globalmaxpooling globalmaxpooling2d globalmaxpooling3d gmp"
    ),
    "global_max_pool1d, global_max_pool": "globalmaxpooling1d maxovertime",
    "glorot_normal": "xaviernormal",
    "glorot_uniform": "glorot xavier xavierinitializer xavieruniform",
    "grid": "aligncorners halfpixelcenters",
    "group_norm": "gn groupnormalization",
    "groups": "numgroup cardinality featuregroupcount numgroups numgroupsnorm",
    "gru": "bigru cudnngru grucell",
    "hard_sigmoid": "hsigmoid",
    "hard_swish": "hswish",
    "he_normal": "he heinitializer kaiming kaimingnormal msra msrafiller msraprelu",
    "he_uniform": "kaiminguniform",
    "heads": "headcount nhead nheadcount nheads numheads",
    "huber": "huberloss smoothl1 smoothl1loss",
    "identity": "linearactivation noop pass passthrough skiplayer",
    "initializer": (
        "embeddingsinitializer initstd kernelinit kernelinitializer weightinit weightinitializer weightsinit "
        "weightsinitializer"
    ),
    "instance_norm": "in instancenorm1d instancenorm2d instancenorm3d instancenormalization",
    "keep": "keepdim keepdims",
    "kernel": "kernelsize",
    "kernel, size": "filtersize kerneldim kernelshape kernelsizes ksize poolsize size windowsize",
    "key_size": "headdim headsize keydim sizeperhead",
    "l1": "kernell1",
    "l2": "weightdecay decayl2 kernell2 kernelregularizer regularizer weightregularizer weightsregularizer",
    "l2_normalize": "l2norm l2normalization normalizel2 normalizevector unitlength unitnorm unitnormalization",
    "layer_norm": "layernormalisation layernormalization ln",
    "leaky_relu, alpha": "leaky lrelu",
    "learned": "addweight nn.parameter parameter variable weightvariable",
    "lecun_normal": "lecunnormalinitializer",
    "local_response_norm": "localresponsenormalization lrn",
    "log": "logarithm naturallog",
    "lstm": "bilstm cudnnlstm lstmcell",
    "matmul": "batchdot batchmatmul bmm dot einsum",
    "max_pool1d": "maxpooling1d",
    "max_pool2d": "maxpool maxpooling maxpooling2d pool pooling",
    "max_pool3d": "maxpooling3d",
    "maximum": "maxof",
    "mean_absolute_error": "mae",
    "mean_iou": "intersectionoverunion iou jaccard miou",
    "method": "interpolation interpolationmode",
    "moments": "meanstd meanvariance",
    "multiplier": "channelmultiplier depthmultiplier expansionmultiplier",
    "multiply": "elementwisemul eltwisemul gate mul product scalechannels",
    "name": "scope",
    "norm": (
        "batchnormalize bnlayer normalisation normalization normalizer normalizerfn normalizerfunction "
        "normalizerparams normlayer usebn"
    ),
    "normalize": "meansubtraction normalizeimage",
    "one_hot": "categoryencoding onehotencoding",
    "orthogonal": "orthonormal",
    "pad": (
        "circularpad1d circularpad2d circularpad3d constantpad1d constantpad2d constantpad3d mirrorpad pad2d "
        "padding2d reflectionpad1d reflectionpad2d reflectionpad3d reflectpad replicationpad1d replicationpad2d "
        "replicationpad3d zeropad zeropad1d zeropad2d zeropad3d zeropadding1d zeropadding2d zeropadding3d"
    ),
    "padding": "bordermode pads",
    "piecewise": "multistep multisteplr piecewiseconstant piecewiseconstantdecay stepschedule",
    "polynomial": "lineardecay poly polylr polynomialdecay",
    "pow": "cube power reciprocal rsqrt sqrt square squareroot",
    "prelu": "parametricrelu",
    "prepend_learned": "classtoken cls clstoken prependtoken registertokens",
    "random_flip": "horizontalflip mirror randomhorizontalflip randommirror",
    "random_normal": "gaussian normal",
    "random_resized_crop": "inceptioncrop randomresizedcrop2d",
    "rate": "atrousrate dilate dilation dilationrate dilationrates dilations dropprob droprate learningrate lr p prob",
    "reduce_max": "amax max",
    "reduce_mean": "mean",
    "reduce_min": "amin",
    "reduce_sum, add": "sum",
    "repeat": "copies numblocks timesrepeated",
    "reshape": "foldaxes reshapelayer unflatten view",
    "resize": "interp interpolate resizebilinear resizeimages resizenearest resizenearestneighbor resizing",
    "rms_norm": "rmsnormalisation rmsnormalization",
    "rmsprop": "rmspropoptimizer",
    "roll": "cyclicshift torchroll",
    "scale_gradient": "detach gradientreversal gradientreversallayer gradscale grl stopgrad stopgradient",
    "separable_conv2d": "separableconv separableconvolution2d sepconv",
    "sgd": "gradientdescent momentumoptimizer sgdm",
    "shape": "batchshape inputshape inputsize",
    "share": "reuse shared shareweights tie tied weightsharing",
    "sigmoid": "logistic",
    "sigmoid_cross_entropy": (
        "bce bceloss bcewithlogits bcewithlogitsloss binarycrossentropy logloss multilabelsoftmarginloss sigmoidloss"
    ),
    "silu": "swish",
    "sin": "sine",
    "slice": "cropchannels indexselect narrow select stridedslice",
    "softmax": "prediction softmaxlayer",
    "softmax_cross_entropy": (
        "categoricalcrossentropy cce ce celoss crossentropy crossentropy2d crossentropyloss nll nllloss "
        "softmaxcrossentropywithlogits softmaxloss softmaxwithloss sparsecategoricalcrossentropy "
        "sparsecategoricalcrossentropyloss sparsesoftmaxcrossentropy xent"
    ),
    "space_to_depth": "focus passthroughreorg pixelunshuffle reorg",
    "spatial_softmax": "expectedcoordinates softargmax spatialsoftargmax",
    "split": "chunk tensorsplit unbind",
    "sqrt": "sqroot",
    "squeeze": "spatialsqueeze squeezedims",
    "stride": "strides subsample",
    "subtract": "difference minus sub",
    "threshold": "thresholdedrelu",
    "transpose": "movedim permute permuteaxes permutedims rearrange swapaxes",
    "triplet": "tripletloss tripletmargin tripletmarginloss tripletsemihardloss",
    "truncated_normal": "msratrunc truncatednormalinitializer truncnormal",
    "uniform": "randomuniform uniforminitializer",
    "uniform_noise": "quantizationnoise",
    "units": (
        "dimout dmodel embeddim embeddingdim hiddendim hiddensize hiddenunits neurons nodes numunits nunits outdim "
        "outfeatures outputdim"
    ),
    "upsample": (
        "nearestupsample upsampling1d upsampling2d upsampling3d upsamplingbilinear2d upsamplingnearest2d upscale"
    ),
    "value_size": "valuedim",
    "values": "array fromlist list",
    "when": "condition if",
    "words": "inputdim maxfeatures numembeddings numwords vocab vocabsize vocabularysize",
}
"""Our name, or some of which the first that is there is meant, and what others call it, in small letters without _."""

NAMES: dict[str, tuple[str, ...]] = {
    theirs: tuple(ours.split(", ")) for ours, named in _THEIRS.items() for theirs in named.split()
}
"""Our names for a thing, by what others call it."""

_PAGE = "docs/cookbook.md"
_KNOWN = "what comes before says it: take it out"
_AT_RUN_TIME = "boxes that are found at run time cannot be said; the network ends at the numbers that they are made of"

_SAID: tuple[tuple[str, str, str], ...] = (
    (
        "conv2d",
        "arcface aspp attentiongate basicblock bottleneck capsule cbam channelattention channelshuffle denseblock eca "
        "ecalayer encoderlayer fire firemodule fpn gatedactivation highway inception invertedresidual mbconv "
        "mobileblock nonlocal nonlocalblock ppm pyramidpooling resblock residualblock resnetblock se seblock selayer "
        "spatialattention spp squeezeandexcitation squeezeandexcite squeezeexcitation squeezeexcite transformer "
        "transformerblock transformerencoder transformerencoderlayer windowattention windowpartition",
        f"it is a block of other operations: {_PAGE} has it",
    ),
    ("conv2d", "activation", "write the activation's own name: `- relu`, or `{leaky_relu: 0.1}`"),
    ("conv2d", "inputlayer input", "inputs stand under `inputs`, and a layer takes one with `from`"),
    ("conv2d", "sequential modulelist", "a list of layers under a name is a sequence: `- body: [a: …, b: …]`"),
    ("conv2d", "lambda", "nothing of a spec is executed: write it with operations, or bring an op in a package"),
    ("conv2d", "atrousconv atrousconv2d dilatedconv dilatedconv2d", "write `{conv2d: 64, kernel: 3, rate: 2}`"),
    ("conv2d", "groupconv groupedconv groupconv2d", "write `{conv2d: 64, kernel: 3, groups: 4}`"),
    ("conv2d", "conv1x1 pointwise pointwiseconv pointwiseconv2d", "write `{conv2d: 64, kernel: 1}`"),
    ("conv2d", "conv3x3", "write `{conv2d: 64, kernel: 3}`"),
    ("conv2d", "causalconv causalconv1d", "write `{conv1d: 64, kernel: 3, padding: causal}`"),
    ("conv2d", "deformconv deformconv2d", "positions that are found at run time cannot be said"),
    ("conv2d", "local locallyconnected2d localconv", "weights that differ from position to position cannot be said"),
    ("conv2d", "convlstm convlstm2d", "`lstm` and `gru` read vectors; over maps there is no recurrence"),
    ("conv2d", "roialign roipool roipooling psroipool nms yolo region detection priorbox", _AT_RUN_TIME),
    (
        "conv2d",
        "patchembed patchembedding",
        "write `{conv2d: 768, kernel: 16, stride: 16, padding: valid}`, flattened",
    ),
    ("conv2d", "patchmerging", "write `space_to_depth: 2`, `layer_norm` and `dense`"),
    ("conv2d", "unfold im2col fold extractpatches", f"patches that do not overlap are made by `reshape`: {_PAGE}"),
    ("conv2d", "glu gatedlinearunit swiglu geglu", f"write `split: 2` and multiply one half by the sigmoid: {_PAGE}"),
    ("conv2d", "logsigmoid", "write `multiply: -1`, `softplus` and `multiply: -1`"),
    ("conv2d", "softmin", "write `multiply: -1` and `softmax`"),
    ("conv2d", "softmax2d", "did you mean `softmax`? It is over the channels"),
    ("conv2d", "oneminus", "write `multiply: -1` and `add: 1`"),
    ("conv2d", "norm l2norm2 frobenius", "for lengths write `pow: 2`, `reduce_sum: -1` and `pow: 0.5`"),
    ("conv2d", "squash", f"write it with `pow`, `reduce_sum` and `divide`: {_PAGE}"),
    ("conv2d", "pairwisedistance", "write `subtract`, `pow: 2` and `reduce_sum: -1`"),
    ("conv2d", "cosinesimilarity cosine", "write `l2_normalize` on both, `multiply` and `reduce_sum: -1`"),
    ("conv2d", "outer bilinear", "write `matmul` of a column and a row, which `expand_dims` makes"),
    ("conv2d", "acos arccos asin arcsin", "an angle is seldom needed: cos(a + m) is cos a * cos m - sin a * sin m"),
    ("by", "axis axes dim dims", "write a number for each axis: `roll: [-2, -2]`"),
    ("conv2d", "depthwiseconv1d", "write `groups`, as many as the channels: `{conv1d: 64, kernel: 3, groups: 64}`"),
    ("conv2d", "separableconv1d", "write a `conv1d` with `groups`, as many as the channels, and one with kernel 1"),
    ("conv2d", "negative neg", "write `multiply: -1`"),
    ("conv2d", "argmax", "a loss and a metric read the logits; `archspec predict` prints classes"),
    ("conv2d", "imagestosequence", "write `{flatten, last: 1}`, after `transpose: [1, 0, 2]` for columns"),
    ("conv2d", "sequencetoimages", "write `reshape`"),
    ("conv2d", "repeat", "write `repeat: 3` on the layer, beside its operation"),
    ("conv2d", "rrelu", "write `leaky_relu`, or `prelu`, whose slopes are learned"),
    (
        "conv2d",
        "maxunpool maxunpool2d unpool unpooling",
        "positions that are found at run time cannot be said; `upsample`",
    ),
    ("conv2d", "pixelnorm", "write `{rms_norm, scale: false}`"),
    ("conv2d", "minibatchstddev", "an example does not see the others of its batch, but in `batch_norm`"),
    ("conv2d", "biasadd addbias", "write `bias: true` on the layer"),
    ("conv2d", "rescaling", "write `multiply: 2` and `add: -1`, or `normalize` in `preprocess`"),
    (
        "conv2d",
        "repeatvector tile expand broadcast",
        "`add` and `multiply` stretch axes of 1; `concat: [a, a]` repeats",
    ),
    ("conv2d", "stack", "layers of one kind are `repeat` or `table`; a new axis is `expand_dims` and `concat`"),
    (
        "conv2d",
        "timedistributed",
        "`dense` works along the last axis, `conv3d` with kernel 1x3x3 on every frame",
    ),
    ("conv2d", "masking", "sequences are filled to one length, and a loss takes a `mask`"),
    ("conv2d", "spectralnorm spectralnormalization", "there is no spectral norm; there is `weight_standardization`"),
    ("filters", "spectralnorm", "there is no spectral norm; there is `weight_standardization`"),
    ("conv2d", "weightnorm weightnormalization", "there is no weight norm; there is `weight_standardization`"),
    ("filters", "weightnorm", "there is no weight norm; there is `weight_standardization`"),
    ("conv2d", "bidirectional", "write `{lstm: 64, bidirectional: true}`, or `gru`"),
    ("conv2d", "rnn simplernn rnncell stackedrnncells", "write `lstm` or `gru`"),
    ("relu", "softmax", "it is a layer of its own, after the logits that a loss reads: `- Predictions: softmax`"),
    ("constant", "zeros zero zerosinitializer", "write `{constant: 0}`"),
    ("constant", "ones one onesinitializer", "write `{constant: 1}`"),
    ("kernel", "paddingmode", "put a layer before it, `{pad: 1, mode: reflect}`, and write `padding: valid`"),
    ("kernel", "ceilmode", "write `padding: same`, or the padding in numbers"),
    ("kernel", "dataformat", "channels are always last: take it out"),
    ("kernel", "outputpadding", "write the padding in numbers, before and after along each axis"),
    ("kernel", "inchannels numinputs inputchannels", _KNOWN),
    ("units", "infeatures inputdim inputsize indim", _KNOWN),
    ("center", "numfeatures numchannels normalizedshape", _KNOWN),
    ("heads", "embeddim dmodel hiddensize", _KNOWN),
    ("filters", "inputshape", "sizes stand once, under `inputs`: take it out"),
    ("units", "inputshape", "sizes stand once, under `inputs`: take it out"),
    ("filters", "trainable frozen freeze requiresgrad", "write the layer's path under `freeze` in `train`"),
    ("units", "trainable frozen freeze requiresgrad", "write the layer's path under `freeze` in `train`"),
    ("center", "affine elementwiseaffine learnable", "write `center` and `scale`"),
    ("decay", "momentum", "write `decay`: it is Keras's momentum, and 1 less PyTorch's"),
    ("decay", "trackrunningstats", "moving averages are always kept; take it out"),
    ("alpha", "inplace", "memory is TensorFlow's affair: take it out"),
    ("rate", "inplace", "memory is TensorFlow's affair: take it out"),
    ("bidirectional", "returnsequences", "both are there: the layer is the sequence, `NAME.last` its last output"),
    ("bidirectional", "returnstate", "the last output is `NAME.last`"),
    ("bidirectional", "gobackwards reverse", "write `bidirectional: true`"),
    ("bidirectional", "numlayers", "write a layer for each, or `repeat`"),
    (
        "bidirectional",
        "batchfirst timemajor stateful",
        "the batch is first, every example begins anew: take it out",
    ),
    ("bidirectional", "dropout recurrentdropout", "put a `dropout` between the layers"),
    ("words", "paddingidx maskzero", "every number has its vector; a loss takes a `mask`"),
    ("rate", "keepprob keepprobability", "write `rate`, the part that is dropped: 1 less it"),
)
"""One of the names among those that are there, what others call a thing, and the sentence that then helps."""

SENTENCES: dict[str, tuple[tuple[str, str], ...]] = {
    theirs: tuple((there, sentence) for there, named, sentence in _SAID if theirs in named.split())
    for theirs in {theirs for _, named, _ in _SAID for theirs in named.split()}
}
"""The sentences, each with the name that must be there, by what others call a thing."""
