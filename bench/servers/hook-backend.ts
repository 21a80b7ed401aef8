// A back end that allows everything at once: what is measured with it is the server that asks.

const answers = {
  "/connect": '{"result":{"user":"ann"}}',
  "/publish": '{"result":{}}',
  "/rpc": '{"result":{"data":{"text":"hello"}}}',
  "/events": "{}",
};

const headers = { "content-type": "application/json" };

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: async (request) => {
    await request.text();
    const { pathname } = new URL(request.url);
    return new Response(answers[pathname as keyof typeof answers], { headers });
  },
});
console.log(`listening ${server.port}`);
