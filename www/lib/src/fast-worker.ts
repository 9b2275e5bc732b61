/** A worker that holds one core that trains by relaxed SIMD. */
import { Engine } from "./engine.js";
import { glue } from "./fast-glue.js";
import { serve } from "./serve.js";

serve((module) => new Engine(glue, module, true));
