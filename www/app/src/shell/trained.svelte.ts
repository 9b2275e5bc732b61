/** The network in training, offered to whoever wants to look at it from elsewhere: the views do not know each other. */
import type { NamedBytes, RunSpec } from "saddlepoint";

export interface Trained {
  /** Updates done. */
  step: number;
  parameters: number;
  spec: RunSpec;
  files: readonly NamedBytes[];
  /** Its weights as they stand, as a model file. */
  save: () => Promise<Uint8Array>;
}

let offered: Trained | null = $state.raw(null);

export function offer(network: Trained | null): void {
  offered = network;
}

export function trained(): Trained | null {
  return offered;
}
