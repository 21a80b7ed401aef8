// What the API rows are measured against: a bare Bun server that reads, parses and answers, and does nothing.

let offset = 0;

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  async fetch(request) {
    await request.json();
    offset += 1;
    return Response.json({ result: { offset, epoch: "abcdefgh" } });
  },
});

console.log(`listening ${server.port}`);
