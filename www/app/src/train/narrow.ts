import { MediaQuery } from "svelte/reactivity";

/** Below this the recipe's steps close to one row each, and everything stands in one column. */
export const narrow = new MediaQuery("max-width: 959px");
