/** A worker that holds one core of networks in their landscape. */
import { CurvatureCore } from "./curvature-core.js";
import { serve } from "./serve.js";

serve((module) => new CurvatureCore(module));
