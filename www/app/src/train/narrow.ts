import { MediaQuery } from "svelte/reactivity";

/** Below this the recipe's steps close to one row each, and everything stands in one column. */
export const narrow = new MediaQuery("max-width: 959px");

/** From here on the figures' column holds four small charts beside each other. */
export const wide = new MediaQuery("min-width: 1241px");
