/** A worker that holds one core of landscapes. */
import { Lab } from "./lab.js";
import { serve } from "./serve.js";

serve((module) => new Lab(module));
