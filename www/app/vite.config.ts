import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

import { CONTENT_SECURITY_POLICY } from "./csp.js";

/** Only in the build: the development server needs inline styles to replace modules while they are edited. */
const contentSecurityPolicy: Plugin = {
  name: "content-security-policy",
  apply: "build",
  transformIndexHtml: () => [
    {
      tag: "meta",
      attrs: { "http-equiv": "Content-Security-Policy", content: CONTENT_SECURITY_POLICY },
      injectTo: "head-prepend",
    },
  ],
};

export default defineConfig({
  // relative addresses: the built page works from any folder of any static host
  base: "./",
  plugins: [svelte(), contentSecurityPolicy],
  // pre-bundling would break the package's new URL(..., import.meta.url)
  optimizeDeps: { exclude: ["saddlepoint"] },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // data: addresses are outside the policy
    assetsInlineLimit: 0,
  },
});
