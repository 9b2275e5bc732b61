/** The one live region: what a screen reader is told. */

const spoken = $state({ polite: "", assertive: "" });

export function region(): { readonly polite: string; readonly assertive: string } {
  return spoken;
}

/** Says a sentence when the reader is idle: a run started, a descent left, a run ended. */
export function announce(text: string): void {
  spoken.polite = text;
}

/** Says a sentence at once: a divergence or an error, once each. */
export function alarm(text: string): void {
  spoken.assertive = text;
}
