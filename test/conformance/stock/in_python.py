"""The stock client in Python: does one thing after the other and tells of each in a line of JSON.

Run by `python.test.ts` as `python in_python.py PLAN`: the address, the tokens of the connection and those of one
subscription, each handed out one a call. A line on stdin lets it go on where the test has to do something first.
"""

import asyncio
import json
import sys

from centrifuge import Client, ClientEventHandler, ReplyError, SubscriptionEventHandler

plan = json.loads(sys.argv[1])
is_protobuf = plan["protobuf"]
patience = 20.0


def tell(what, value=None):
    print(json.dumps({"what": what, "value": value}), flush=True)


def written(data):
    """In Protobuf a payload is bytes."""
    return json.dumps(data).encode() if is_protobuf else data


def read(data):
    return json.loads(data) if isinstance(data, bytes) and data else data or None


class Ear(ClientEventHandler, SubscriptionEventHandler):
    """Keeps what a client or a subscription tells of, a queue for each kind of event."""

    def __init__(self):
        self.heard = {}

    def queue(self, event):
        return self.heard.setdefault(event, asyncio.Queue())

    async def next(self, event):
        return await asyncio.wait_for(self.queue(event).get(), patience)

    def told_again(self, event):
        return not self.queue(event).empty()

    async def data(self, count):
        return [read((await self.next("publication")).pub.data) for _ in range(count)]

    async def on_connected(self, ctx):
        self.queue("connected").put_nowait(ctx)

    async def on_disconnected(self, ctx):
        self.queue("disconnected").put_nowait(ctx)

    async def on_subscribing(self, ctx):
        self.queue("subscribing").put_nowait(ctx)

    async def on_subscribed(self, ctx):
        self.queue("subscribed").put_nowait(ctx)

    async def on_unsubscribed(self, ctx):
        self.queue("unsubscribed").put_nowait(ctx)

    async def on_publication(self, ctx):
        self.queue("publication").put_nowait(ctx)

    async def on_join(self, ctx):
        self.queue("join").put_nowait(ctx)


class Purse:
    """Hands out one token after the other, the last one again and again, and says when the second one was asked for."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.asked = 0
        self.renewed = asyncio.Event()

    async def token(self, *_channel):
        self.asked += 1
        if self.asked == 2:
            self.renewed.set()
        return self.tokens[min(self.asked, len(self.tokens)) - 1]


async def refusal(awaitable):
    try:
        await awaitable
    except ReplyError as error:
        return {"code": error.code, "message": error.message}
    return None


async def go_on():
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def speak(client, room, ear):
    tell("join", (await ear.next("join")).info.user)
    await room.publish(written({"from": "python", "text": "grüße 🎉"}))
    tell("own publication", await ear.data(1))
    there = (await room.presence()).clients.values()
    tell("presence", [[each.user, read(each.conn_info)] for each in there])
    stats = await room.presence_stats()
    tell("stats", [stats.num_clients, stats.num_users])
    history = await room.history(limit=10)
    tell("history", [[each.offset, read(each.data)] for each in history.publications])
    tell("rpc", await refusal(client.rpc("anything", written({}))))


async def come_back(ear):
    tell("ready to be cut")
    back = await ear.next("subscribed")
    tell("recovery", [back.was_recovering, back.recovered])
    tell("missed", await ear.data(20))


async def be_sent_out(ear):
    tell("ready for 2500")
    again = await ear.next("subscribing")
    await ear.next("subscribed")
    tell("subscribed again after", [again.code, again.reason])
    tell("ready for 2000")
    out = await ear.next("unsubscribed")
    tell("unsubscribed", [out.code, out.reason])


async def main():
    ear, room_ear, desk_ear = Ear(), Ear(), Ear()
    purse, desk_purse = Purse(plan["tokens"]), Purse(plan["deskTokens"])
    client = Client(
        plan["url"] + "/connection/websocket",
        events=ear,
        get_token=purse.token,
        use_protobuf=is_protobuf,
        timeout=patience,
        min_reconnect_delay=0.001,
        max_reconnect_delay=0.02,
        # What the machine says of proxies is not for an address of its own.
        proxy=None,
    )
    await client.connect()
    tell("connected", read((await ear.next("connected")).data))
    tell("subscribed by the server", (await ear.next("subscribed")).channel)

    delays = {"min_resubscribe_delay": 0.001, "max_resubscribe_delay": 0.02}
    room = client.new_subscription("room", events=room_ear, join_leave=True, **delays)
    await room.subscribe()
    await room_ear.next("subscribing")
    await room_ear.next("subscribed")
    await speak(client, room, room_ear)
    await come_back(room_ear)
    # The cut was told of as well.
    await ear.next("connected")
    await room_ear.next("subscribing")

    desk = client.new_subscription("$desk", events=desk_ear, get_token=desk_purse.token, **delays)
    await desk.subscribe()
    await desk_ear.next("subscribing")
    await desk_ear.next("subscribed")
    await asyncio.wait_for(purse.renewed.wait(), patience)
    await asyncio.wait_for(desk_purse.renewed.wait(), patience)
    # Commands are answered in order: with this one answered, so are the refreshes before it.
    await room.history(limit=0)
    tell("refreshed")
    await go_on()
    await room.publish(written("still here"))
    tell("after the old expiry", await room_ear.data(1))
    await desk.history(limit=0)
    tell("connected again", ear.told_again("connected"))
    tell("desk subscribed again", desk_ear.told_again("subscribing"))

    await be_sent_out(room_ear)
    tell("ready to be sent away")
    away = await ear.next("disconnected")
    tell("disconnected", [away.code, away.reason])


asyncio.run(main())
