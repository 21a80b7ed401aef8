import { expect, setDefaultTimeout, test } from "bun:test";
import { $ } from "bun";
import { binaryRemark, withoutBinary } from "../support/binary.ts";
import { TemporaryFolder } from "../support/folder.ts";

// The package and a binary are built.
setDefaultTimeout(180_000);

test.skipIf(withoutBinary)(
  `the check of a release packs, builds, sums up, and prints the notes${binaryRemark}`,
  async () => {
    await using folder = await TemporaryFolder.create();
    const out = `${folder.path}/release`;
    const { stdout } = await $`bun run --silent release --out ${out}`.quiet();
    const { version } = await Bun.file("package.json").json();
    expect(stdout.toString()).toStartWith(`Chorus ${version}\n\n### Added\n\n- `);
    const tarball = `chorus-${version}.tgz`;
    const sums = await Bun.file(`${out}/SHA256SUMS`).text();
    expect(sums.replace(/^[0-9a-f]{64} {2}/gm, "")).toBe(`chorus\n${tarball}\n`);
    const hash = new Bun.CryptoHasher("sha256").update(await Bun.file(`${out}/${tarball}`).bytes());
    expect(sums).toContain(`${hash.digest("hex")}  ${tarball}\n`);
  },
);
