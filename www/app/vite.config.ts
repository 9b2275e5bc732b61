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

type ModuleInfo = (id: string) => { isEntry: boolean; importers: readonly string[] } | null;

/** The package's list of exports, and what the first screen takes of it. */
const EXPORTS = /lib.dist.(index|face)\.js$/;
const FIRST_EXPORT = /lib.dist.(assets|landscape)\.js$/;

/** Whether the first screen imports a module, by itself or through others: all of these are one script, which packs best. */
function isFirst(id: string, info: ModuleInfo, seen = new Set<string>()): boolean {
  seen.add(id);
  const module = info(id);
  if (module === null || EXPORTS.test(id)) return false;
  return module.isEntry || FIRST_EXPORT.test(id) || module.importers.some((importer) => !seen.has(importer) && isFirst(importer, info, seen));
}

export default defineConfig({
  // relative addresses: the built page works from any folder of any static host
  base: "./",
  plugins: [svelte(), contentSecurityPolicy, preloadFonts],
  // pre-bundling would break the package's new URL(..., import.meta.url)
  optimizeDeps: { exclude: ["saddlepoint"] },
  worker: { format: "es" },
  build: {
    target: "es2022",
    // engines that lack it lack vectors of WebAssembly too, or fetch later
    modulePreload: { polyfill: false },
    // data: addresses are outside the policy
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [{ name: (id, context) => (isFirst(id, (other) => context.getModuleInfo(other)) ? "first" : null) }],
        },
      },
    },
  },
});
