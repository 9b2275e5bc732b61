import { fileURLToPath } from "node:url";

import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";

// run from the repository's root, so that the scripts under tools/ are covered too
const tsconfigRootDir = fileURLToPath(new URL(".", import.meta.url));

export default ts.config(
  { ignores: ["target/", "**/dist/", "**/pkg/", "**/node_modules/", "www/e2e/results/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.svelte", "**/*.svelte.ts"],
    extends: [ts.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir, extraFileExtensions: [".svelte"] } },
    rules: {
      // a number or a boolean in a template reads well as it is
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  svelte.configs.recommended,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
    // a Map or URLSearchParams that lives for one call needs no reactivity
    rules: { "svelte/prefer-svelte-reactivity": "off" },
  },
  { files: ["www/app/src/**", "www/lib/src/**", "www/consumers/apps/**", "www/examples/**", "tools/versus/page.js"], languageOptions: { globals: globals.browser } },
  {
    files: ["tools/**", "www/*.js", "www/app/*.{js,ts}", "www/e2e/**", "www/lib/test/**", "www/consumers/*.js", "www/consumers/test/**", "www/consumers/apps/node/**"],
    languageOptions: { globals: globals.node },
  },
  {
    rules: {
      "no-console": "error",
      eqeqeq: "error",
    },
  },
  { files: ["tools/**", "www/consumers/apps/node/**", "www/examples/**"], rules: { "no-console": "off" } },
);
