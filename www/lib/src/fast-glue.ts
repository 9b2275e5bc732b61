/** The same of the build with relaxed SIMD. */
import { activationCurve, initSync, provideSet, Session, Store } from "../pkg/saddlepoint_fast.js";
import type { Glue } from "./glue.js";

export const glue: Glue = { activationCurve, initSync, provideSet, Session, Store };
