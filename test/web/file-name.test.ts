import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { savedName, shownName } from "../../src/web/page/chat/file-name.ts";

const anyName = fc.string({ unit: "binary", maxLength: 400 });

describe("the name for saving", () => {
  test.each<[string, string]>([
    ["report.pdf", "report.pdf"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..\\..\\windows\\system.ini", "_.._windows_system.ini"],
    ["/etc/passwd", "_etc_passwd"],
    ["C:\\boot.ini", "C__boot.ini"],
    [".bashrc", "bashrc"],
    ["...", "file"],
    ["", "file"],
    [" \t ", "_"],
    ["CON", "_CON"],
    ["con.txt", "_con.txt"],
    ["lpt1.tar.gz", "_lpt1.tar.gz"],
    ["console.log", "console.log"],
    ["nul\0.txt", "nul_.txt"],
    ["photo\u202egpj.exe", "photo_gpj.exe"],
    ["<svg onload=alert(1)>.svg", "_svg onload=alert(1)_.svg"],
    ["a\r\nSet-Cookie: x=1", "a__Set-Cookie_ x=1"],
    [`"quoted"'single'.txt`, "_quoted_'single'.txt"],
    ["trailing. . .", "trailing"],
    ["🎉 été.txt", "🎉 été.txt"],
    ["\ud800lone.txt", "\ufffdlone.txt"],
  ])("[WP14] T76 %j becomes %j", (name, expected) => {
    expect(savedName(name)).toBe(expected);
  });

  test("[WP14] T76 is always one plain name that every common file system takes", () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const saved = savedName(name);
        expect(saved).not.toMatch(/[\p{Cc}"*/:<>?\\|\u202a-\u202e\u2066-\u2069]/u);
        expect(saved).not.toMatch(/^[.\s]|^(con|prn|aux|nul)(\.|$)/i);
        expect(saved).not.toBe("");
        expect(new TextEncoder().encode(saved).byteLength).toBeLessThanOrEqual(200);
      }),
    );
  });

  test("[WP14] T76 keeps the extension of a long name", () => {
    expect(savedName(`${"ü".repeat(300)}.tar`)).toBe(`${"ü".repeat(98)}.tar`);
    expect(savedName("🎉".repeat(100))).toBe("🎉".repeat(50));
  });
});

describe("the name for people", () => {
  test.each<[string, string]>([
    ["<svg onload=alert(1)>", "<svg onload=alert(1)>"],
    ["photo\u202egpj.exe", "photo\ufffdgpj.exe"],
    ["a\u2066b\u200fc\0d\u0085e", "a\ufffdb\ufffdc\ufffdd\ufffde"],
    ["", "a file without a name"],
    ["فيديو.mp4", "فيديو.mp4"],
  ])("T76 %j is shown as %j", (name, expected) => {
    expect(shownName(name)).toBe(expected);
  });

  test("T76 keeps the beginning and the end of a long name", () => {
    const shown = shownName(`${"a".repeat(200)}${"z".repeat(200)}.exe`);
    expect(shown).toBe(`${"a".repeat(60)}…${"z".repeat(56)}.exe`);
  });
});
