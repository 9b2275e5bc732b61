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

/** The two faces of the first screen, asked for with the page instead of after its style sheet. */
const FIRST_FACES = /source-(?:serif-4|sans-3)-latin-wght-normal/;

const preloadFonts: Plugin = {
  name: "preload-fonts",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (_html, { bundle }) =>
      Object.keys(bundle ?? {})
        .filter((file) => FIRST_FACES.test(file))
        .map((file) => ({
          tag: "link",
          attrs: { rel: "preload", as: "font", type: "font/woff2", href: `./${file}`, crossorigin: true },
          injectTo: "head" as const,
        })),
  },
};

export default defineConfig({
  // relative addresses: the built page works from any folder of any static host
  base: "./",
  plugins: [svelte(), contentSecurityPolicy, preloadFonts],
  // pre-bundling would break the package's new URL(..., import.meta.url)
  optimizeDeps: { exclude: ["saddlepoint"] },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // data: addresses are outside the policy
    assetsInlineLimit: 0,
  },
});
