/**
 * Checks a release: builds and packs the package, builds the binaries, writes their checksums and reads them again, asks
 * the binary of this machine for its version, and prints the release notes. `bun run release [--out FOLDER] [TARGET...]`;
 * without a target the binary is for this machine alone, `all` makes every one. Publishes nothing.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { $ } from "bun";
import packageJson from "../package.json" with { type: "json" };

const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
const out = values.out ?? "release";
const sums = join(out, "SHA256SUMS");

const notes = notesOf(await Bun.file("CHANGELOG.md").text(), packageJson.version);
await rm(out, { recursive: true, force: true });
await $`bun run build`.quiet();
await mkdir(out, { recursive: true });
await $`bun pm pack --destination ${out} --ignore-scripts --quiet`.quiet();
await $`bun run build:binary --out ${out} ${positionals}`.quiet();
await Bun.write(sums, (await Promise.all((await readdir(out)).sort().map(sumOf))).join(""));

const faults = [...(await wrongSums()), ...(await missingInPackage()), ...(await wrongVersion())];
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);
console.error(`${out}:\n${await Bun.file(sums).text()}`);
console.log(notes);

/** The part of the changelog about a version; what is not released yet, where the version has none. */
function notesOf(changelog: string, version: string): string {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((each) => each.startsWith(version)) ?? parts.find((each) => each.startsWith("Unreleased"));
  if (part === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}`);
  return `Chorus ${version}\n\n${part.slice(part.indexOf("\n")).trim()}`;
}

/** A line as `sha256sum` writes it. */
async function sumOf(name: string): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(join(out, name)).bytes());
  return `${hash.digest("hex")}  ${name}\n`;
}

/** Files that are not those of their line, read again and hashed by another library. */
async function wrongSums(): Promise<string[]> {
  const lines = (await Bun.file(sums).text()).trimEnd().split("\n");
  const checked = lines.map(async (line) => {
    const [sum, name = ""] = line.split("  ");
    const hash = createHash("sha256").update(await readFile(join(out, name)));
    return hash.digest("hex") === sum ? [] : [`the checksum of ${name} is wrong`];
  });
  return (await Promise.all(checked)).flat();
}

/** Files that `package.json` points to and the packed package does not have. */
async function missingInPackage(): Promise<string[]> {
  const [tarball = ""] = (await readdir(out)).filter((name) => name.endsWith(".tgz"));
  const packed = new Set((await $`tar -tzf ${join(out, tarball)}`.text()).split("\n"));
  const exported = Object.values(packageJson.exports).flatMap((entry) =>
    typeof entry === "string" ? [entry] : Object.values(entry),
  );
  const needed = [...exported, ...Object.values(packageJson.bin), "README.md", "LICENSE"];
  return needed
    .map((path) => path.replace("./", "package/"))
    .filter((path) => !packed.has(path) && !packed.has(`package/${path}`))
    .map((path) => `the package has no ${path}`);
}

/** What the binary of this machine says, where there is one. */
async function wrongVersion(): Promise<string[]> {
  const own = join(out, positionals.length === 0 ? "chorus" : `chorus-${process.platform}-${process.arch}`);
  if (!(await Bun.file(own).exists())) return [];
  const version = (await $`${own} --version`.text()).trim();
  return version === packageJson.version ? [] : [`the binary says that it is ${version}`];
}
