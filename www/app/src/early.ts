/** What takes longest is begun before the page is built: the worker of the first view with its core, and the script of the view. */
import { preload } from "saddlepoint";

import { settings } from "./state/settings.svelte.ts";

const { view, trainSet } = settings;

const begun = view === "train" ? preload("training", trainSet) : preload(view === "landscape" ? view : undefined);
// a failure is told when the core is asked
begun.catch(() => undefined);
if (view === "train") void import("./train/Train.svelte");
