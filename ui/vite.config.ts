// index.html alone is built; dev.html (scenes without a backend) exists on the dev server only.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  clearScreen: false,
  // The catalogue of messages lies beside ui/, since the command line reads it, too.
  server: { port: 5173, strictPort: true, host: "localhost", fs: { allow: [".", "../locales"] } },
  // light-dark(), nesting and @layer stay as written: every webview that we run in knows them.
  build: { target: ["safari18", "chrome130"], modulePreload: { polyfill: false }, assetsInlineLimit: 0 },
  // Under test Svelte's browser half is wanted although Node runs it.
  resolve: mode === "test" ? { conditions: ["browser"] } : {},
  // The limit is for what never ends; a machine that does other things is slow.
  test: { environment: "node", testTimeout: 60_000, include: ["src/**/*.test.ts"], setupFiles: ["src/dev/jsdom.ts"] },
}));
