import { describe, expect, test } from "bun:test";
import { rasterType } from "../../src/web/page/chat/image-type.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("a preview is drawn for pixels alone", () => {
  test.each<[string, string]>([
    ["\x89PNG\r\n\x1a\n....", "image/png"],
    ["\xff\xd8\xff\xe0", "image/jpeg"],
    ["GIF87a..", "image/gif"],
    ["GIF89a..", "image/gif"],
    ["RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"],
    ["\x00\x00\x00\x1cftypavif", "image/avif"],
    ["BM\x00", "image/bmp"],
  ])("[WP16] T77 %j is %s", (start, type) => {
    expect(rasterType(bytes(start))).toBe(type as ReturnType<typeof rasterType>);
  });

  test.each<[string, string]>([
    ["nothing", ""],
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ["SVG after a declaration", '<?xml version="1.0"?><svg/>'],
    ["HTML", "<!doctype html><script>alert(1)</script>"],
    ["PDF", "%PDF-1.7"],
    ["a beginning of PNG", "\x89PNG\r\n"],
    ["PNG behind a space", " \x89PNG\r\n\x1a\n"],
    ["a RIFF sound", "RIFF\x10\x00\x00\x00WAVEfmt "],
    ["an MP4 film", "\x00\x00\x00\x1cftypisom"],
  ])("[WP16] T77 %s is none", (_, start) => {
    expect(rasterType(bytes(start))).toBeNull();
  });
});
