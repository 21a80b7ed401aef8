/**
 * Builds the package into `dist/`: ES modules, declarations and the page. `bun run build`.
 *
 * @module
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "bun";
import { declarations } from "./declarations.ts";

const out = "dist";

/** What the package imports at run time; all else is bundled. */
const external = { packages: "external" } as const;

await rm(out, { recursive: true, force: true });
await modules({ entrypoints: ["src/package/chorus.ts", "src/main.ts"], target: "bun" });
// Neither uses anything of a runtime: what they import is bundled, so that each is one file for every one of them.
await modules({ entrypoints: ["src/package/contract.ts", "src/package/client.ts"], target: "browser" });
await Bun.write(join(out, "chorus-cli.js"), '#!/usr/bin/env bun\nimport "./main.js";\n');
await $`chmod +x ${join(out, "chorus-cli.js")}`;
await page("page");
await page("console");
for (const [name, text] of await declarations()) await Bun.write(join(out, `${name}.d.ts`), text);

async function modules({ entrypoints, target }: { entrypoints: string[]; target: "bun" | "browser" }) {
  await built({
    entrypoints,
    target,
    ...external,
    root: ".",
    outdir: out,
    splitting: target === "bun",
    naming: { entry: "[name].[ext]", chunk: "[name]-[hash].[ext]" },
    sourcemap: "linked",
  });
}

/** A page as browsers get it; the server bundles it once more, which changes nothing in it. */
async function page(folder: string) {
  await built({
    entrypoints: [`src/web/${folder}/index.html`],
    target: "browser",
    minify: true,
    env: "disable",
    publicPath: "./",
    outdir: join(out, folder),
    naming: { entry: "[name].[ext]", chunk: "assets/[name]-[hash].[ext]", asset: "assets/[name]-[hash].[ext]" },
  });
}

async function built(options: Bun.BuildConfig): Promise<void> {
  const { success, logs } = await Bun.build({ ...options, throw: false });
  if (!success) throw new Error(`the build failed: ${logs.map(String).join("\n")}`);
}
