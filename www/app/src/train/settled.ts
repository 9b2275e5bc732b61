/** Milliseconds that a new model is left to who runs it at once. */
const SETTLING = 150;

/** What can wait asks a model after this: a core answers one question after the other, and the first step comes before. */
export function settled(): Promise<void> {
  return pause(SETTLING);
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
