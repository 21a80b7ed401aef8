/**
 * Builds the server into one file that needs no Bun, with its pages inside: `bun run build:binary [--out FOLDER] [TARGET...]`.
 * Without a target it is for this machine and is named `chorus`; `all` stands for every target. Bun fetches the runtime of
 * another target from npm.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** What is released. `baseline` is for processors without AVX2, `musl` for Alpine. */
const targets = [
  "linux-x64",
  "linux-x64-baseline",
  "linux-x64-musl",
  "linux-arm64",
  "linux-arm64-musl",
  "darwin-x64",
  "darwin-arm64",
] as const;

/** The pages are bundled now and not by the server: `embedded.ts` stands in the place of `files.ts`. */
const embedPages: Bun.BunPlugin = {
  name: "embed-pages",
  setup(build) {
    build.onResolve({ filter: /\/files\.ts$/ }, ({ importer }) =>
      importer.endsWith("src/web/bundle.ts") ? { path: resolve("src/web/embedded.ts") } : undefined,
    );
  },
};

const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
const out = values.out ?? "release";
const wanted = positionals.includes("all") ? targets : targets.filter((target) => positionals.includes(target));
const unknown = positionals.filter((word) => word !== "all" && !targets.some((target) => target === word));
if (unknown.length > 0) throw new Error(`unknown target ${unknown.join(", ")}: expected ${targets.join(", ")} or all`);

if (positionals.length === 0) await build("chorus", {});
for (const target of wanted) await build(`chorus-${target}`, { target: `bun-${target}` });

async function build(name: string, compile: Bun.CompileBuildOptions): Promise<void> {
  const outfile = join(out, name);
  const { success, logs } = await Bun.build({
    entrypoints: ["src/main.ts"],
    compile: { ...compile, outfile: resolve(outfile) },
    // Of an ES module: the program waits at its top level.
    bytecode: true,
    format: "esm",
    minify: { syntax: true, whitespace: true },
    env: "disable",
    plugins: [embedPages],
    throw: false,
  });
  if (!success) throw new Error(`${name} cannot be built: ${logs.map(String).join("\n")}`);
  console.log(outfile);
}
