import { describe, expect, test } from "bun:test";
import { opcodes } from "../support/frames.ts";
import { RawClient } from "../support/raw.ts";
import { sharedServer } from "../support/shared-server.ts";
import {
  binary,
  close,
  failsWith,
  first,
  fragments,
  last,
  middle,
  ping,
  pong,
  serves,
  testCases,
  text,
} from "./rfc6455-cases.ts";

const server = sharedServer();
const url = () => server().ws;

const many = Array.from({ length: 200 }, (_, index) => String(index % 10));

describe("fragments (5.4)", () => {
  testCases("WS11", url, [
    ["two fragments are one text", fragments(opcodes.text, ["ab", "cd"]), serves(["abcd"])],
    ["three fragments are one binary", fragments(opcodes.binary, ["ab", "cd", "ef"]), serves([Buffer.from("abcdef")])],
    ["200 fragments are one text", fragments(opcodes.text, many), serves([many.join("")])],
    ["a message may begin with an empty fragment", fragments(opcodes.text, ["", "a"]), serves(["a"])],
    ["a message may end with an empty fragment", fragments(opcodes.text, ["a", ""]), serves(["a"])],
    ["empty fragments in the middle add nothing", fragments(opcodes.text, ["a", "", "", "b"]), serves(["ab"])],
    ["a message of empty fragments is empty", fragments(opcodes.text, ["", "", ""]), serves([""])],
    ["a binary of empty fragments is empty", fragments(opcodes.binary, ["", ""]), serves([Buffer.alloc(0)])],
    [
      "one fragmented message follows another",
      [...fragments(opcodes.text, ["a", "b"]), ...fragments(opcodes.binary, ["c", "d"]), text("e")],
      serves(["ab", Buffer.from("cd"), "e"]),
    ],
  ]);

  testCases("WS12", url, [
    ["a ping between two fragments is answered", [first("a"), ping("p"), last("b")], serves(["ab"], ["pong p"])],
    ["a pong between two fragments is passed over", [first("a"), pong("p"), last("b")], serves(["ab"])],
    [
      "every gap may hold control frames",
      [first("a"), ping("1"), pong(), middle("b"), ping("2"), ping("3"), middle(""), last("c")],
      serves(["abc"], ["pong 1", "pong 2", "pong 3"]),
    ],
    ["a close between two fragments ends it all", [first("a"), close(1000), last("b")], failsWith(1000)],
  ]);

  test("[WS12] a ping is answered before the message around it is complete", async () => {
    using client = await RawClient.open(`${url()}/echo`);
    client.write(Buffer.concat([first("a"), ping("now")]));
    expect(await client.nextFrame()).toMatchObject({ opcode: opcodes.pong, payload: Buffer.from("now") });
    client.write(last("b"));
    expect(await client.nextText()).toBe("ab");
  });

  testCases("WS13", url, [
    ["a last fragment without a first fails with 1002", [last("x")], failsWith(1002)],
    ["a middle fragment without a first fails with 1002", [middle("x")], failsWith(1002)],
    ["an empty last fragment without a first fails with 1002", [last()], failsWith(1002)],
    ["a fragment after a whole message fails with 1002", [text("a"), last("b")], failsWith(1002, ["a"])],
    [
      "a fragment after the last one fails with 1002",
      [...fragments(opcodes.text, ["a", "b"]), last("c")],
      failsWith(1002, ["ab"]),
    ],
    [
      "a ping does not begin a message",
      [ping("p"), last("x")],
      { ...failsWith(1002), control: ["pong p", "close 1002"] },
    ],
  ]);

  testCases("WS14", url, [
    ["a text inside a fragmented text fails with 1002", [first("a"), text("b"), last("c")], failsWith(1002)],
    ["a binary inside a fragmented text fails with 1002", [first("a"), binary("b"), last("c")], failsWith(1002)],
    ["a second first fragment fails with 1002", [first("a"), first("b"), last("c")], failsWith(1002)],
    ["an empty text inside a fragmented one fails with 1002", [first("a"), text(), last("c")], failsWith(1002)],
  ]);
});
