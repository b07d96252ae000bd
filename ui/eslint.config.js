// What the compilers do not see: promises that nobody waits for, and the mistakes that Svelte's own rules know.
import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./svelte.config.js";

export default ts.config(
  // scripts/ is plain JavaScript: it has no types to lint by.
  { ignores: ["dist", "scripts", "src/ipc/bindings.gen.ts"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  ts.configs.recommendedTypeChecked,
  svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: { projectService: { allowDefaultProject: ["*.js"] }, tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: [".svelte"], svelteConfig } },
  },
  {
    rules: {
      // An interface of promises has methods with nothing to wait for.
      "@typescript-eslint/require-await": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // Spaces before and after a block would be lost without.
      "svelte/no-useless-mustaches": "off",
    },
  },
  {
    // Components are untyped to this parser. svelte-check knows their types and looks at them.
    files: ["**/*.svelte"],
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
  // What jsdom lacks is put on prototypes.
  { files: ["src/dev/jsdom.ts"], rules: { "@typescript-eslint/unbound-method": "off" } },
  { files: ["**/*.js"], extends: [ts.configs.disableTypeChecked] },
);
