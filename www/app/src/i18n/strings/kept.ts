import type { Table } from "../table.ts";

/** Runs that are kept in the browser: what is offered after a reload, and what may go wrong. */
export const kept = {
  "kept.title": ["Your last run was kept", "上次的训练已保留"],
  "kept.text": ["{data}: step {step} of {steps}, saved {when} in this browser.", "{data}：第 {step} 步，共 {steps} 步，{when}保存在此浏览器中。"],
  "kept.resume": ["Resume from step {step}", "从第 {step} 步继续"],
  "kept.discard": ["Discard", "丢弃"],
  "kept.resumed": ["Resumed at step {step}", "已恢复到第 {step} 步"],
  "kept.aside": ["A damaged checkpoint was set aside", "已搁置一个损坏的检查点"],
  "kept.aside.text": ["The newest one could not be read. Training goes on from the one before it, step {step}.", "最新的检查点无法读取，将从它之前的第 {step} 步继续训练。"],
  "kept.failed": ["This run is not being kept", "此次训练未能保留"],
  "report.autosave-quota": [
    "The browser has no room for a checkpoint. Training goes on, and the last checkpoint that fitted is kept; Save writes a file.",
    "浏览器没有空间存放检查点。训练继续进行，最近一次存下的检查点仍在；也可用“保存”存成文件。",
  ],
  "report.autosave-failed": ["A checkpoint could not be stored: {got}. Training goes on; Save writes a file.", "检查点未能存储：{got}。训练继续进行；可用“保存”存成文件。"],
  "report.autosave-unavailable": ["This browser stores nothing for the page: {got}. Save writes a file.", "浏览器不允许此页面存储数据：{got}。可用“保存”存成文件。"],
  "report.autosave-busy": ["Another tab is training this run. Close it first.", "另一个标签页正在训练此任务，请先将其关闭。"],
  "report.autosave-damaged": ["All {count} checkpoints of this run are damaged. They were set aside; start again.", "此次训练的 {count} 个检查点都已损坏，已被搁置。请重新开始。"],
} as const satisfies Table;
