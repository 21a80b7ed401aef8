import { expect, test } from "bun:test";
import type { Draft } from "../../../src/broker/broker.ts";
import { encodeInfo } from "../../../src/broker/remote/client-info.ts";
import { decodeBody, encodeDraft } from "../../../src/broker/remote/wire.ts";
import { json } from "../fixture.ts";

const position = { offset: 7, epoch: "abcdefgh" };
const info = { user: "ann", client: "c1", connInfo: '{"n":1}' };
const draft: Draft = {
  channel: "a",
  data: json({ text: "line\nfeed" }),
  exclude: null,
  history: null,
  info,
  tags: { k: "v" },
  version: 3,
  excludeClient: "c1",
};

/** Version 0, as nodes wrote it before the payload stood beside its header. */
function encodeZeroth({ data, info: i, tags: t, version: v, excludeClient: x }: Draft, id: string): string {
  return `0${JSON.stringify({ id, d: data.kind === "json" ? data.json : "", i, t, v, x })}`;
}

test("[RB2] versions 0 and 1 of a message say the same, and any other is not guessed at", () => {
  const { data, tags, version } = draft;
  const told = {
    type: "publication",
    id: "n-1",
    publication: { data, info, tags, version, ...position },
    excludeClient: "c1",
  };
  expect(decodeBody(encodeDraft(draft, "n-1"), position)).toEqual(told as never);
  expect(decodeBody(encodeZeroth(draft, "n-1"), position)).toEqual(told as never);
  expect(decodeBody(encodeDraft(draft, "n-1").replace(/^1/, "2"), position)).toBeNull();
});

test("[RB2] versions 0 and 1 of a join and a leave say the same, and any other is not guessed at", () => {
  for (const [letter, type] of [
    ["j", "join"],
    ["l", "leave"],
  ] as const) {
    for (const body of [`${letter}1${encodeInfo(info)}`, `${letter}0${JSON.stringify({ info })}`]) {
      expect(decodeBody(body, position)).toEqual({ type, info });
    }
    expect(decodeBody(`${letter}2${encodeInfo(info)}`, position)).toBeNull();
    expect(decodeBody(`${letter}1{}`, position)).toBeNull();
  }
});

test.each(["", "1", "1id", "1id\n{", '1id\n{"v":"x"}\n', '1id\n{"i":{}}\n', "0", "0[]", '0{"id":1}'])(
  "a body that is none is dropped: %j",
  (body) => {
    expect(decodeBody(body, position)).toBeNull();
  },
);

test("text and bytes stay what they are", () => {
  const bytes = new Uint8Array([0, 10, 255]);
  for (const data of [
    { kind: "text", text: "a\nb" },
    { kind: "binary", bytes },
  ] as const) {
    const told = decodeBody(encodeDraft({ channel: "a", data, exclude: null, history: null }, "n-1"), position);
    expect(told?.type === "publication" && told.publication.data).toEqual(data);
  }
});
