/** What is copied of idb beside this module when the package is built, see copied.mjs. */
export * from "idb";
