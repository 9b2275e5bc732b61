/** A worker that holds one core that trains. */
import { Engine } from "./engine.js";
import { serve } from "./serve.js";

serve((module) => new Engine(module, true));
