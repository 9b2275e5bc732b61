import type { Table } from "../table.ts";

/**
 * The core's own sentences, by the stable code of its `ReportMessage`: `report.<code>` with the message's args.
 * A code that is missing here is shown as the core words it, in English.
 */
export const report = {
  // files
  "report.page-file-size": [
    "{place} has {size}. Files of at most {limit} fit into a tab: cut it down, or pack it with gzip.",
    "{place} 有 {size}。标签页最多容纳 {limit} 的文件：请裁小，或用 gzip 压缩。",
  ],
  "report.file-empty": ["{place} has 0 bytes. Download it again.", "{place} 为空文件（0 字节）。请重新下载。"],
  "report.files-missing": ["No file came. Drop two files (images and labels) or four (training and test part) together.", "没有收到文件。请同时拖入两个文件（图像与标签）或四个（训练与测试部分）。"],
  "report.files-too-many": [
    "{got} files came. Drop two (images and labels) or four (training and test part) together.",
    "收到 {got} 个文件。请同时拖入两个（图像与标签）或四个（训练与测试部分）。",
  ],
  "report.files-differ": [
    "These are other data than the run was made with: {name} has the hash {got}, the link asks for {wanted}. Choose the files that were used then.",
    "数据与该次训练所用的不同：{name} 的哈希值为 {got}，链接要求 {wanted}。请选择当时所用的文件。",
  ],
  "report.file-missing": ["No file came with this run. Choose one that ends in {ending}.", "该次训练没有收到文件。请选择以 {ending} 结尾的文件。"],
  "report.file-kind": ["{place}: this run needs one file that ends in {ending}.", "{place}：该次训练需要一个以 {ending} 结尾的文件。"],
  "report.files-mixed": ["{place} is of another kind than {first}. Drop files of one kind.", "{place} 与 {first} 类型不同。请拖入同一类型的文件。"],
  "report.files-one": ["{got} files came; of this kind one can be read at a time. Join them into one.", "收到 {got} 个文件，而此类文件一次只能读取一个。请合并为一个。"],
  "report.files-need-type": ["A file of this kind needs data of type {want}.", "此类文件需要类型为 {want} 的数据。"],
  "report.embedded-damaged": ["The data set {place} came damaged. Reload the page.", "数据集 {place} 已损坏。请刷新页面。"],
  "report.data-not-finite": ["{place} holds a value that is infinite or missing. Remove those rows.", "{place} 含有无穷大或缺失的值。请去掉这些行。"],
  "report.set-not-loaded": ["The data set could not be loaded: {got}. Reload the page.", "未能载入数据集：{got}。请刷新页面。"],

  // arrays
  "report.npy-file-size": ["{place} has {got} bytes; at most {most} fit. Use fewer examples.", "{place} 有 {got} 字节，最多容纳 {most}。请减少样本。"],
  "report.npy-header": ["{place} has no NPY header that can be read ({got}). Save the array again with numpy.save.", "{place} 没有可读的 NPY 文件头（{got}）。请用 numpy.save 重新保存。"],
  "report.npy-type": ["{place} holds {got}; booleans, whole and floating-point numbers can be read. Convert it, for example with astype(\"float32\").", "{place} 的类型为 {got}，只能读取布尔、整数与浮点数。请转换，例如 astype(\"float32\")。"],
  "report.npy-truncated": ["{place} was cut short: its shape needs {want} bytes, {got} came. Save or download it again.", "{place} 被截断：其形状需要 {want} 字节，实有 {got}。请重新保存或下载。"],
  "report.npy-too-long": ["{place} has {got} bytes where its shape needs {want}. Save or download it again.", "{place} 有 {got} 字节，而其形状只需 {want}。请重新保存或下载。"],
  "report.npy-too-large": ["{place} has the shape {shape}; at most {most} numbers fit. Use fewer examples.", "{place} 的形状为 {shape}，最多容纳 {most} 个数。请减少样本。"],
  "report.npz-damaged": ["{place} is no zip archive as numpy.savez writes it: {got}. Save or download it again.", "{place} 不是 numpy.savez 写出的 zip 文件：{got}。请重新保存或下载。"],
  "report.arrays-pair": ["{place}: two arrays are needed, features and targets, and these came: {got}. Call them x and y, or features and labels.", "{place}：需要特征与目标两个数组，收到：{got}。请命名为 x 与 y，或 features 与 labels。"],
  "report.arrays-counts-differ": ["{features} has {n} entries, {targets} has {m}. Save arrays that belong together.", "{features} 有 {n} 项，{targets} 有 {m} 项。请保存互相对应的数组。"],
  "report.arrays-shapes-differ": ["Entries of {place} have the shape {got}, those of {first} {want}. Save parts of the same shape.", "{place} 每项的形状为 {got}，而 {first} 为 {want}。请保存形状相同的部分。"],
  "report.arrays-features": ["{place}: {expected} can be read, and it holds {got}. Convert it before it is saved.", "{place}：可读取 {expected}，而实为 {got}。请转换后再保存。"],
  "report.arrays-one-class": ["All labels of {place} are {label}: there is nothing to tell apart. Choose another set.", "{place} 的标签全为 {label}，无从区分。请选择其他数据。"],

  // arrays of a program, and training further
  "report.given-damaged": ["{place} holds no arrays that can be read. Make the data set again from its arrays.", "{place} 中没有可读的数组。请由数组重新生成数据集。"],
  "report.given-parts-differ": ["Validation data must be like those for training: {want} are needed, {got} came.", "验证数据须与训练数据一致：需要 {want}，收到 {got}。"],
  "report.fit-other-network": ["These data have another shape than the network was made for. Give examples of the same shape, or create another model.", "数据的形状与网络不符。请使用相同形状的样本，或新建模型。"],
  "report.fit-other-shape": ["Examples of {place} have the shape {got}, the network was made for {want}. Give examples of the same shape.", "{place} 的样本形状为 {got}，而网络为 {want} 所建。请使用相同形状的样本。"],
  "report.layer-unknown": ["No layer with weights is called {name}. There are {known}.", "没有名为 {name} 的含参数层。现有：{known}。"],
  "report.weights-wrong": ["The weights for {place} do not fit this network. Use the names and shapes that it has.", "{place} 的权重与该网络不符。请使用其已有的名称与形状。"],

  // tables
  "report.table-file-size": ["{place} has {got} bytes; at most {most} fit. Use fewer lines or columns.", "{place} 有 {got} 字节，最多容纳 {most}。请减少行或列。"],
  "report.table-not-utf8": ["{place} is not text in UTF-8: line {line} has a byte that is none. Save the table as CSV UTF-8.", "{place} 不是 UTF-8 文本：第 {line} 行有无效字节。请另存为 UTF-8 编码的 CSV。"],
  "report.table-no-rows": ["{place} has too few rows of examples: at least two are needed. Choose another table, or keep more rows.", "{place} 的样本行太少，至少需要两行。请选择其他表格，或保留更多行。"],
  "report.table-columns": ["{place} has {got} columns; at most {most} can be read. Leave some out.", "{place} 有 {got} 列，最多读取 {most} 列。请删去一些。"],
  "report.table-header-twice": ["{place}: columns {first} and {second} are both called {name}. Rename one of them.", "{place}：第 {first} 列与第 {second} 列同名（{name}）。请改名。"],
  "report.table-ragged": [
    "Line {line} has {got} columns, the header has {want}. Nothing was loaded. Put quotes around a cell with separators in it.",
    "第 {line} 行有 {got} 列，表头有 {want} 列。未载入任何数据。含分隔符的单元格须加引号。",
  ],
  "report.table-quote": ["A quote that begins in line {line} does not end. Nothing was loaded. Close it, or double it if it is meant as a letter.", "第 {line} 行开始的引号没有结束。未载入任何数据。请补上引号；若引号是内容，请写两次。"],
  "report.table-missing": [
    "Line {line} has no value in the column {column}. Leave rows with missing cells out, fill them in, or do not use the column.",
    "第 {line} 行的“{column}”列没有值。请略去缺失的行、填补，或不使用该列。",
  ],
  "report.table-not-number": ["Line {line}, column {column}: {got} is not a number. Correct the cell, empty it, or do not use the column.", "第 {line} 行“{column}”列：{got} 不是数值。请改正或清空该单元格，或不使用该列。"],
  "report.table-comma": ["Line {line}, column {column}: {got} has a decimal comma. Write numbers with a decimal point.", "第 {line} 行“{column}”列：{got} 使用了小数逗号。请用小数点书写。"],
  "report.table-target-excluded": ["{name} cannot be the target and be left out. Choose another target.", "{name} 不能既作目标又被排除。请另选目标。"],
  "report.table-target-constant": ["The target {column} is the same in all rows: there is nothing to learn. Choose another target.", "目标“{column}”在所有行中相同，无从学习。请另选目标。"],
  "report.table-target-words": ["The target {column} holds words. Predict it as a class, or choose another target.", "目标“{column}”是文字。请作为类别预测，或另选目标。"],
  "report.table-one-class": ["The target {column} is {class} in all rows that are left: there is nothing to tell apart. Choose another target, or keep more rows.", "保留的各行中目标“{column}”均为 {class}，无从区分。请另选目标，或保留更多行。"],
  "report.table-classes": ["The target {column} has more than {most} classes. Choose another target, or predict it as a number.", "目标“{column}”的类别超过 {most} 个。请另选目标，或作为数值预测。"],
  "report.table-no-features": ["No column is left to learn from beside the target {target}. Use a column of numbers or categories.", "除目标“{target}”外没有可用的列。请使用数值列或类别列。"],
  "report.table-too-large": ["{rows} rows of {features} features are too many: {most} numbers fit. Use fewer rows or columns.", "{rows} 行 × {features} 个特征过大，最多容纳 {most} 个数。请减少行或列。"],
  "report.column-unknown": ["There is no column {name}. There are: {known}.", "没有名为 {name} 的列。现有：{known}。"],
  "report.text-not-utf8": ["{place} is not text in UTF-8: byte {at} is none. Save it as UTF-8.", "{place} 不是 UTF-8 文本：第 {at} 字节有误。请以 UTF-8 保存。"],
  "report.text-length": [
    "{place} has {got} characters; windows of {steps} need at least two and one character more, and {most} is the limit. Use another text or fewer steps.",
    "{place} 有 {got} 个字符；长度为 {steps} 的窗口至少需要两个窗口再加一个字符，上限为 {most}。请换一篇文本或减少步数。",
  ],
  "report.text-too-large": ["{place} has {got} bytes; at most {most} fit. Use a shorter text.", "{place} 有 {got} 字节，最多容纳 {most}。请用更短的文本。"],
  "report.sequence-size": [
    "{examples} examples of {steps} steps cannot be drawn: at least 2 of {fewest} steps, at most {most} numbers in all. Use fewer or shorter sequences.",
    "无法生成 {examples} 个长度为 {steps} 的序列：至少 2 个、每个至少 {fewest} 步，数字总数不超过 {most}。请减少数量或长度。",
  ],
  "report.idx-magic": [
    "{place} is not an IDX file: it begins with {got}, IDX with 2051 (images) or 2049 (labels). Choose the files called …-images-idx3-ubyte and …-labels-idx1-ubyte, gzipped or not.",
    "{place} 不是 IDX 文件：其首个数为 {got}，而 IDX 为 2051（图像）或 2049（标签）。请选择 …-images-idx3-ubyte 与 …-labels-idx1-ubyte，可为 gzip 压缩。",
  ],
  "report.idx-header": ["{place} ends before its header does. It was cut short: download it again.", "{place} 在文件头内就结束了，内容被截断。请重新下载。"],
  "report.idx-truncated": [
    "{place} was cut short: its header promises {want} bytes, {got} came. Download it again.",
    "{place} 被截断：文件头声明 {want} 字节，实有 {got}。请重新下载。",
  ],
  "report.idx-too-long": [
    "{place} holds more than the {want} bytes its header promises. Download it again.",
    "{place} 的内容多于文件头声明的 {want} 字节。请重新下载。",
  ],
  "report.idx-too-large": [
    "{place} unpacks to {got} bytes; at most {max} fit. Use fewer or smaller images.",
    "{place} 解压后有 {got} 字节，最多容纳 {max}。请用更少或更小的图像。",
  ],
  "report.idx-no-examples": ["{place} holds no examples: its header says 0. Choose a file with examples in it.", "{place} 不含样本：文件头声明 0 个。请选择含有样本的文件。"],
  "report.idx-image-size": [
    "{place} says its images are {height} × {width}; sides of 1 to {max} can be read. Make the images smaller, or download the file again.",
    "{place} 声明图像为 {height} × {width}，边长须在 1 至 {max} 之间。请缩小图像，或重新下载。",
  ],
  "report.idx-labels-missing": [
    "{place} has {count} images and no labels came with it. Drop the file called …-labels-idx1-ubyte together with it.",
    "{place} 有 {count} 幅图像，但没有标签。请与 …-labels-idx1-ubyte 一起拖入。",
  ],
  "report.idx-images-missing": [
    "{place} has {count} labels and no images came with it. Drop the file called …-images-idx3-ubyte together with it.",
    "{place} 有 {count} 个标签，但没有图像。请与 …-images-idx3-ubyte 一起拖入。",
  ],
  "report.idx-counts-differ": [
    "{place} has {images} images, {labelsFile} has {labels} labels. Drop files that belong together.",
    "{place} 有 {images} 幅图像，{labelsFile} 有 {labels} 个标签。请拖入互相对应的文件。",
  ],
  "report.idx-sizes-differ": [
    "{place} has images of {got}, {trainFile} of {expected}. Drop files that belong together.",
    "{place} 的图像为 {got}，{trainFile} 为 {expected}。请拖入互相对应的文件。",
  ],
  "report.idx-one-class": ["All labels of {place} are {label}: there is nothing to tell apart. Choose another set.", "{place} 的标签全为 {label}，无从区分。请选择其他数据。"],
  "report.idx-label-range": [
    "{place} has the label {label} at example {row}; the training part ends at {max}. Drop files that belong together.",
    "{place} 第 {row} 个样本的标签为 {label}，而训练部分最大为 {max}。请拖入互相对应的文件。",
  ],
  "report.gzip-broken": ["{place} is a damaged gzip file and cannot be unpacked. Download it again.", "{place} 是损坏的 gzip 文件，无法解压。请重新下载。"],
  "report.data-memory": ["{place} needs {bytes} bytes, and the tab has no more memory. Close other tabs or use fewer examples.", "{place} 需要 {bytes} 字节，标签页内存不足。请关闭其他标签页或减少样本。"],

  "report.image-count": ["{got} images came; at most {most} of them fit. Drop fewer.", "收到 {got} 幅图像，最多容纳 {most} 幅。请减少数量。"],
  "report.image-one-class": [
    "All {count} images are of one class, {class}: there is nothing to tell apart. Put the images of each class into a folder of its own and drop the folders.",
    "{count} 幅图像同属一类：{class}，无从区分。请将各类图像放入各自的文件夹后一起拖入。",
  ],
  "report.image-format": ["{place} is neither PNG nor JPEG ({got}). Save it as one of them, or leave it out.", "{place} 既不是 PNG 也不是 JPEG（{got}）。请另存为其中之一，或不要载入。"],
  "report.image-broken": ["{place} is damaged or was cut short and cannot be read as {format}. Save or download it again.", "{place} 已损坏或被截断，无法按 {format} 读取。请重新保存或下载。"],
  "report.image-size": ["{place} says it has {height} × {width} pixels; at most {most} can be read. Make it smaller.", "{place} 声明为 {height} × {width} 像素，最多读取 {most} 像素。请缩小图像。"],
  "report.image-inks": ["{place} is in the four inks of print (CMYK). Save it in RGB.", "{place} 使用印刷四色（CMYK）。请另存为 RGB。"],
  "report.packed-damaged": ["{place} was cut short. Choose the image files themselves.", "{place} 不完整。请直接选择图像文件。"],
  "report.images-not-loaded": [
    "The decoder of image files could not be loaded: {got}. Reload the page.",
    "未能载入图像解码模块：{got}。请刷新页面。",
  ],
  "report.images-broken": ["The decoder of image files stopped: {got}. Leave out the files that were added last.", "图像解码模块中断：{got}。请去掉最后加入的文件。"],

  // the network
  "report.no-layers": ["The network has no layers. Add a dense layer.", "网络没有层。请添加一个全连接层。"],
  "report.no-parameters": ["The network has no weights. Add a dense or a convolution layer.", "网络没有权重。请添加全连接层或卷积层。"],
  "report.own-argument": ["{place}: {expected} is needed, not {got}.", "{place}：需要 {expected}，得到的是 {got}。"],
  "report.own-function": ["{place}: {expected} is needed, not {got}. Shapes and axes are those of one example.", "{place}：需要 {expected}，得到的是 {got}。形状与轴均指单个样本。"],
  "report.own-parameter": ["{place}: parameters need different names of letters, digits and _; {got} is none.", "{place}：参数名须互不相同，且只含字母、数字和下划线；{got} 不符合。"],
  "report.own-result": ["{place}: its result must depend on its input.", "{place}：结果必须依赖输入。"],
  "report.layer-needs-images": [
    "{place} needs images and gets rows of numbers. Put it before the flatten and dense layers, or use a data set of images.",
    "{place} 需要图像，得到的是数值行。请放在展平层和全连接层之前，或改用图像数据。",
  ],
  "report.layer-needs-rows": ["{place} needs at least one feature. Use a data set with features.", "{place} 至少需要一个特征。请改用有特征的数据。"],
  "report.layer-count": ["{place} is set to {got}; 1 to 1,048,576 is possible.", "{place} 设为 {got}，允许 1 至 1,048,576。"],
  "report.layer-share": ["{place} is set to {got}. A momentum lies from 0 to 1, a rate from 0 to below 1.", "{place} 设为 {got}。动量须在 0 至 1 之间，比率须不小于 0 且小于 1。"],
  "report.layer-positive": ["{place} is set to {got}. Use a small number above 0.", "{place} 设为 {got}。请用大于 0 的小数。"],
  "report.norm-axes": ["{place} normalises {got} axes of an example that has {most}. Use 1.", "{place} 要归一化 {got} 个轴，而样本只有 {most} 个。请用 1。"],
  "report.norm-groups": ["{place} cannot divide {channels} channels into {got} groups. Use a divisor.", "{place} 不能把 {channels} 个通道分为 {got} 组。请用其约数。"],
  "report.conv-output-padding": [
    "{place} has an output padding of {got}. It must be below the strides, and 0 with padding same.",
    "{place} 的输出填充为 {got}。它须小于步幅；填充为 same 时须为 0。",
  ],
  "report.reshape-count": ["{place} gets {want} numbers and cannot make {got} of them. The product must be the same.", "{place} 得到 {want} 个数，不能变为 {got}。乘积须相等。"],
  "report.branch-shapes": [
    "The branches of {place} do not fit: {want} and {got}. Give them equal filters or units, strides and padding.",
    "{place} 的各分支不匹配：{want} 与 {got}。请使滤波器数或单元数、步幅与填充一致。",
  ],
  "report.batch-whole": [
    "{place} takes each batch whole, and {got} examples are too many: at most {most}. Use mini-batches.",
    "{place} 须整批计算，{got} 个样本过多，最多 {most} 个。请用小批量。",
  ],
  "report.conv-groups": ["{place} cannot be divided into {got} groups. Use 1, or a common divisor of its channels and filters.", "{place} 不能分为 {got} 组。请用 1，或其通道数与滤波器数的公约数。"],
  "report.conv-window": ["{place} has a kernel, stride or dilation of {got}; 1 to 1,024 is possible.", "{place} 的卷积核、步幅或扩张为 {got}，允许 1 至 1,024。"],
  "report.window-too-large": [
    "{place} has a window of {got} pixels, and only {most} are left there. Use a smaller window, padding same, or fewer pooling layers before it.",
    "{place} 的窗口为 {got} 像素，该处只剩 {most}。请用更小的窗口、same 填充，或减少之前的池化层。",
  ],
  "report.window-zero": ["{place} has a window, stride or dilation of 0. Use 1 or more.", "{place} 的窗口、步幅或扩张为 0。请用 1 以上。"],
  "report.output-count": ["{place} gives {got} outputs, the data need {want}. Set its units to {want}.", "{place} 给出 {got} 个输出，数据需要 {want} 个。请把单元数设为 {want}。"],
  "report.output-not-flat": [
    "{place} gives {got}, the data need a row of {want} outputs. Add a dense layer of {want} units at the end.",
    "{place} 给出 {got}，数据需要 {want} 个输出的一行。请在末尾添加 {want} 个单元的全连接层。",
  ],
  "report.output-steps": [
    "{place} gives {got}; the data need {classes} outputs at each of {steps} steps. Let every recurrent layer return its steps and end with a dense layer of {classes} units.",
    "{place} 给出 {got}；数据在 {steps} 步中的每一步都需要 {classes} 个输出。请让每个循环层返回各步，并以 {classes} 个单元的全连接层结束。",
  ],
  "report.softmax-inside": ["{place} ends with softmax, and another layer follows. Use ReLU or tanh here.", "{place} 以 softmax 结束，其后还有别的层。此处请用 ReLU 或 tanh。"],
  "report.loss-needs-classes": [
    "This loss needs classes; these data have real targets. Choose mean squared error.",
    "该损失需要类别，而这组数据的目标是实数。请选择均方误差。",
  ],
  "report.layer-needs-steps": [
    "{place} needs sequences (steps, features). Use a data set of sequences, put an embedding before it, or let the layer before return every step.",
    "{place} 需要序列（步数，特征）。请使用序列数据集，在其前加嵌入层，或让前一层返回每一步的输出。",
  ],
  "report.embedding-input": ["{place} needs token numbers. Make it the first layer, on a data set of text.", "{place} 需要词元编号。请将其设为第一层，并使用文本数据集。"],
  "report.recurrent-activation": ["{place} works with tanh or ReLU, not with {got}.", "{place} 只能使用 tanh 或 ReLU，不能使用 {got}。"],
  "report.attention-heads": ["{place}: {got} heads do not divide the features evenly. Use fewer heads, or 1.", "{place}：{got} 个头不能整除特征数。请减少头数，或用 1 个。"],
  "report.loss-option": ["{place} is {got}; it must be {expected}. Change it or leave it out.", "{place} 为 {got}，应为 {expected}。请修改或略去。"],
  "report.split-test": [
    "{test} of {examples} examples cannot be held out for the test. Leave at least one to train on.",
    "共 {examples} 个样本，无法留出 {test} 个作测试。请至少留一个用于训练。",
  ],
  "report.split-fold": ["Fold {fold} of {folds} cannot be held out of {examples} examples. Use 2 or more folds and count them from 0.", "共 {examples} 个样本，无法留出 {folds} 折中的第 {fold} 折。请至少分 2 折，并从 0 计数。"],
  "report.augment-range": ["{place} is {got}; 0 to {most} is possible.", "{place} 为 {got}，允许 0 至 {most}。"],
  "report.augment-images": ["Only images can be moved, and these data are rows of numbers. Leave augmentation out, or use a data set of images.", "只有图像可以做增广，而这组数据是数值行。请去掉增广，或改用图像数据。"],
  "report.out-of-memory": ["A step needs {bytes} bytes, and the tab has no more memory. Use a smaller batch or a smaller network.", "一步需要 {bytes} 字节，标签页内存不足。请用更小的批量或更小的网络。"],

  "report.generate-needs-text": ["Only a network that was trained on a text can write. Drop a file that ends in .txt.", "只有用文本训练的网络才能写作。请拖入以 .txt 结尾的文件。"],
  "report.generate-character": [
    "“{character}”, character {at} of the beginning, is not among the {known} characters of the text. Leave it out.",
    "开头的第 {at} 个字符“{character}”不在文本的 {known} 种字符之内。请去掉。",
  ],
  "report.stream-whole": [
    "A network writes character by character; {place} needs a whole window. Use recurrent layers in one direction.",
    "网络逐字写作，而 {place} 需要整个窗口。请使用单向的循环层。",
  ],

  // the run
  "report.range-test": [
    "Rates from {from} to {to} in {steps} steps cannot be tested: both must be above 0, the first below the second, in 10 to 10,000 steps.",
    "无法测试从 {from} 到 {to} 共 {steps} 步的学习率：两者须大于 0，前者小于后者，步数为 10 至 10,000。",
  ],
  "report.diverged": ["A number of {layer} is not finite: the learning rate {rate} is too large. The weights of step {kept} are kept.", "{layer} 出现非有限的数：学习率 {rate} 过大。已保留第 {kept} 步的权重。"],
  "report.fast-unavailable": ["This engine has no relaxed SIMD: the usual build trains, a little slower and bit-reproducible.", "此引擎不支持 relaxed SIMD：改用通常的构建训练，稍慢，但结果逐位可复现。"],
  "report.restored": ["The engine stopped and was replaced. Training goes on from step {step}.", "计算引擎中断，已更换。从第 {step} 步继续。"],
  "report.stopped": [
    "Stopped at step {step}: {waited} measurements without a better {monitor} than {best}, that of step {bestStep}. The weights are those of step {kept}.",
    "停止于第 {step} 步：连续 {waited} 次测量未优于第 {bestStep} 步的 {monitor}（{best}）。当前权重取自第 {kept} 步。",
  ],
  "report.number-range": ["{place} is {got}; {low} to {high} is possible.", "{place} 为 {got}，允许 {low} 至 {high}。"],
  "report.label-noise": ["Labels can only be wrong where there are classes; these data have real targets. Set {place} to 0.", "只有类别数据才能加入标签噪声，而这组数据的目标是实数。请将 {place} 设为 0。"],
  "report.monitor-test": ["{monitor} needs test examples, and none are held out. Hold some out, or watch the training loss.", "{monitor} 需要测试样本，而目前没有留出。请留出一些，或改用训练损失。"],
  "report.monitor-accuracy": ["{monitor} needs classes; these data have real targets. Watch a loss.", "{monitor} 需要类别，而这组数据的目标是实数。请改用损失。"],
  "report.least-squares-constant": ["The column {column} is the same in every row. Leave it out.", "{column} 列的每一行都相同，请去掉这一列。"],
  "report.least-squares-collinear": ["The column {column} is a combination of {others}. Leave one of them out, or use a ridge above 0.", "{column} 列是 {others} 的线性组合。请去掉其中一列，或使用大于 0 的岭参数。"],
  "report.least-squares-rows": ["Least squares needs at least {needed} rows, and there are {got}. Use more rows, fewer columns or a ridge above 0.", "最小二乘至少需要 {needed} 行，目前只有 {got} 行。请增加行数、减少列数，或使用大于 0 的岭参数。"],
  "report.least-squares-finite": ["Row {row} has a number that is not finite. Leave it out.", "第 {row} 行含有非有限数值，请去掉这一行。"],
  "report.least-squares-table": ["Least squares needs a table with one number to predict.", "最小二乘需要一张只有一个数值目标的表格。"],
  "report.ridge-range": ["The ridge is {got}; it must be a number from 0 on.", "岭参数为 {got}，应为不小于 0 的数。"],
  "report.stuck": [
    "Stuck at loss {loss}, the value of guessing: {dead} of {units} ReLU units are dead. Lower η or use leaky ReLU.",
    "损失停在 {loss}，等于随机猜测：{units} 个 ReLU 单元中有 {dead} 个失活。请减小 η，或改用 leaky ReLU。",
  ],

  // a saved model, and the core itself
  "report.model-foreign": ["This is no model file of saddlepoint. Choose a file that was saved here.", "这不是 saddlepoint 的模型文件。请选择在此保存的文件。"],
  "report.model-damaged": ["The model file is damaged and was not loaded. Download or save it again.", "模型文件已损坏，未载入。请重新下载或保存。"],
  "report.model-other-network": ["The weights are those of another network.", "这些权重属于另一个网络。"],
  "report.curvature-not-finite": ["The curvature is infinite or missing at these weights. Go back to weights at which the loss is finite.", "在这组权重处，曲率为无穷大或缺失。请回到损失为有限值的权重。"],
  "report.hessian-too-large": ["The whole Hessian is formed for at most {max} weights; this network has {got}. The ends of its spectrum can still be found.", "完整的 Hessian 最多支持 {max} 个权重，此网络有 {got} 个；仍可求其谱的两端。"],
  "report.lanczos-steps": ["Curvature takes at least one step of iteration, an estimate from random vectors at least two vectors.", "曲率计算至少需要迭代一步；用随机向量估计时，至少需要两个向量。"],
  "report.plane-degenerate": ["These points lie on a line and span no plane. Choose another plane.", "这些点在一条直线上，不能确定平面。请选择另一个平面。"],
  "report.plane-points": ["The principal plane takes 3 to {most} points of all paths together, got {got}.", "主成分平面需要全部路径共 3 至 {most} 个点，实有 {got} 个。"],
  "report.plane-weights": ["Name two different weights of the network’s {parameters}.", "请写出网络 {parameters} 个权重中不同的两个。"],
  "report.weight-unknown": ["There is no weight {got}. Write a number below {parameters}, or a name such as dense_1.kernel[0,0].", "没有名为 {got} 的权重。请写小于 {parameters} 的序号，或如 dense_1.kernel[0,0] 的名称。"],
  "report.model-newer": [
    "The model file has format {got}, this page reads up to {want}. Reload the page to get its newest version.",
    "模型文件的格式为 {got}，本页最多读取 {want}。请刷新页面以获得最新版本。",
  ],
  "report.model-needs-data": [
    "The model was trained on files of yours. Drop the model together with them.",
    "该模型用您自己的文件训练。请将模型与这些文件一起拖入。",
  ],
  "report.model-other-data": [
    "These are other data than the model was trained on. Drop the model together with the files that were used then.",
    "数据与训练该模型所用的不同。请将模型与当时所用的文件一起拖入。",
  ],
  "report.core-not-loaded": [
    "The compiled core could not be loaded: {got}. Reload the page; if you host it yourself, check that saddlepoint_bg.wasm is served beside its scripts.",
    "未能载入计算核心：{got}。请刷新页面；若自行托管，请检查 saddlepoint_bg.wasm 是否与脚本一同提供。",
  ],
  "report.core-broken": ["The core stopped: {got}. Try again; what was saved is not lost.", "计算核心中断：{got}。请重试，已保存的内容不会丢失。"],
  "report.formula-operand": ["Column {column}: a number, x, y, a function or a parenthesis is missing before {found}.", "第 {column} 列：{found} 之前缺少数、x、y、函数或括号。"],
  "report.formula-end": ["Column {column}: the formula ends where a number, x, y, a function or a parenthesis is expected.", "第 {column} 列：公式在此结束，但还缺少数、x、y、函数或括号。"],
  "report.formula-operator": ["Column {column}: expected an operator such as * or the end, got {found}.", "第 {column} 列：此处应为 * 等运算符或结尾，却是 {found}。"],
  "report.formula-parenthesis": ["Column {column}: a closing parenthesis is missing.", "第 {column} 列：缺少右括号。"],
  "report.formula-name": ["Column {column}: {name} is unknown. Use x, y, pi, e and the functions listed below.", "第 {column} 列：不认识 {name}。可用 x、y、pi、e 和下面列出的函数。"],
  "report.formula-call": ["Column {column}: a function takes its argument in parentheses.", "第 {column} 列：函数的自变量要写在括号里。"],
  "report.formula-comma": ["Column {column}: min and max take two arguments, with a comma between.", "第 {column} 列：min 和 max 需要两个自变量，中间用逗号。"],
  "report.formula-number": ["Column {column}: this is no number. Write 2, 0.5 or 1e-3.", "第 {column} 列：这不是数。请写成 2、0.5 或 1e-3。"],
  "report.formula-long": ["The formula has more than 1,000 letters.", "公式超过 1,000 个字符。"],
  "report.formula-deep": ["Column {column}: too many parts inside each other.", "第 {column} 列：嵌套过深。"],
  "report.no-saddle": ["There is no saddle in the box.", "框内没有鞍点。"],
} as const satisfies Table;
