/** Files that were dropped on the page and wait for the view that reads them. */

let waiting: readonly File[] = $state.raw([]);

export function dropped(): readonly File[] {
  return waiting;
}

export function takeDropped(): readonly File[] {
  const files = waiting;
  waiting = [];
  return files;
}

export function leaveDropped(files: readonly File[]): void {
  waiting = files;
}
