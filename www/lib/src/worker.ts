/** A worker that holds one core that trains. */
import { Engine } from "./engine.js";
import { glue } from "./glue.js";
import { serve } from "./serve.js";

serve((module) => new Engine(glue, module, true));
