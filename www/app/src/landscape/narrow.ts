import { MediaQuery } from "svelte/reactivity";

/** Up to here everything stands in one column and a figure is as wide as the page. */
export const phone = new MediaQuery("max-width: 700px");
