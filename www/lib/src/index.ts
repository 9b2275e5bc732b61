/** The package with its files beside it, which it finds by itself. */
import "./assets.js";

export * from "./face.js";
