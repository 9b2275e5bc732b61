import type { Table } from "../table.ts";

/** Augmentation, sequences, text and image files in the Train view. */
export const samples = {
  "data.folder": ["Load a folder", "载入文件夹"],
  "data.steps": ["Steps", "步数"],
  "data.window": ["Window", "窗口"],
  "data.window.unit": ["characters that are learned at once", "个字符，一次学习的长度"],
  "data.noise.target": ["standard deviation of the target", "目标的标准差"],
  "data.sequences": ["Sequences", "序列数"],
  "data.adding.note": [
    "A number and a mark at each step; two are marked, and their sum is to be told at the end.",
    "每一步有一个数和一个标记；其中两个被标记，最后须给出它们的和。",
  ],
  "data.copy.note": [
    "Ten symbols, then blanks, then a mark, after which the ten are to be repeated.",
    "先是十个符号，再是空白，见到标记后须依次重复这十个符号。",
  ],
  "data.text.note": ["{count} different characters. The last tenth of the text is the test part.", "{count} 种字符。文本的最后十分之一用于测试。"],
  "sets.images": ["Images", "图像"],
  "sets.tables": ["Tables", "表格"],
  "sets.plane": ["Points of the plane", "平面点集"],
  "sets.sequences": ["Sequences", "序列"],
  "sets.files": ["Files", "文件"],
  "set.drift": ["drifting stream", "漂移数据流"],
  "set.outliers": ["line with outliers", "含离群点的直线"],
  "set.zipf": ["rare words (Zipf)", "罕见词（齐普夫）"],
  "set.adding": ["adding problem", "加法问题"],
  "set.copy": ["copy task", "复制任务"],
  "set.text": ["own text", "自有文本"],

  "augment.title": ["Augment", "增强"],
  "augment.note": [
    "Each training image is moved anew in every step: shift and zoom as shares, rotation in degrees. 0 is off.",
    "训练图像在每一步都重新变换：平移与缩放为比例，旋转以度计。0 为关闭。",
  ],
  "augment.strip": ["One training image in five successive steps", "一幅训练图像在相继五步中的样子"],
  "augment.another": ["Another image", "换一幅"],
  "tune.shift": ["shift", "平移"],
  "tune.rotate": ["rotate", "旋转"],
  "tune.zoom": ["zoom", "缩放"],
  "tune.pixelNoise": ["noise", "噪声"],
  "tune.flip": ["mirror", "镜像"],
  "tune.border": ["continue the border", "延伸边缘"],

  "writes.title": ["Writes", "写作"],
  "writes.prompt": ["After", "开头"],
  "writes.prompt.label": ["Text to go on from", "续写的开头"],
  "writes.temperature": ["Temperature", "温度"],
  "writes.seed": ["Seed", "种子"],
  "writes.other": ["Another", "另写一段"],
  "writes.empty": ["Here stands what the network writes.", "此处显示网络所写的文字。"],
  "writes.caption": [
    "{count} characters, each drawn from what the network expects after all before it, at step {step}. At temperature 1 as likely as learned, at 0 the likeliest alone.",
    "{count} 个字符，第 {step} 步。每个字符按网络对前文之后的预测抽取：温度 1 按所学概率，温度 0 只取最可能者。",
  ],

  "curve.nats": ["nats per character, log scale", "每字符奈特数，对数刻度"],
  "curve.mean": ["always the mean", "恒答均值"],
  "curve.baseline": [
    " Always answering the mean has a mean squared error of {baseline}, the line at 1.",
    "恒答均值的均方误差为 {baseline}，即刻度 1 处的横线。",
  ],
  "curve.baseline.now": [" The test part is now at {mse}.", "测试部分现为 {mse}。"],
} as const satisfies Table;
