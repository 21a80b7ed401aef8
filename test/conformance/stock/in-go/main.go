// The stock client in Go over WebSocket: does one thing after the other and tells of each in a line of JSON.
// Run by transports.test.ts as `program URL ENCODING`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

const patience = 20 * time.Second

func tell(what string, value any) {
	line, _ := json.Marshal(map[string]any{"what": what, "value": value})
	fmt.Println(string(line))
}

func next[T any](from chan T) T {
	select {
	case item := <-from:
		return item
	case <-time.After(patience):
		fail(fmt.Errorf("nothing came in %v", patience))
	}
	panic("unreachable")
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func data(publications []centrifuge.Publication) []json.RawMessage {
	list := []json.RawMessage{}
	for _, publication := range publications {
		list = append(list, publication.Data)
	}
	return list
}

func main() {
	url, encoding := os.Args[1], os.Args[2]
	endpoint := strings.Replace(url, "http", "ws", 1) + "/connection/websocket"
	config := centrifuge.Config{MinReconnectDelay: time.Millisecond, MaxReconnectDelay: 20 * time.Millisecond}
	newClient := centrifuge.NewJsonClient
	if encoding == "Protobuf" {
		newClient = centrifuge.NewProtobufClient
	}
	client := newClient(endpoint, config)
	connected := make(chan centrifuge.ConnectedEvent, 9)
	client.OnConnected(func(event centrifuge.ConnectedEvent) { connected <- event })
	disconnected := make(chan centrifuge.DisconnectedEvent, 1)
	client.OnDisconnected(func(event centrifuge.DisconnectedEvent) { disconnected <- event })

	room, err := client.NewSubscription("room", centrifuge.SubscriptionConfig{MinResubscribeDelay: time.Millisecond})
	fail(err)
	subscribed := make(chan centrifuge.SubscribedEvent, 9)
	room.OnSubscribed(func(event centrifuge.SubscribedEvent) { subscribed <- event })
	heard := make(chan json.RawMessage, 99)
	room.OnPublication(func(event centrifuge.PublicationEvent) { heard <- event.Data })
	hears := func(count int) []json.RawMessage {
		list := []json.RawMessage{}
		for len(list) < count {
			list = append(list, next(heard))
		}
		return list
	}

	fail(room.Subscribe())
	fail(client.Connect())
	next(connected)
	next(subscribed)
	tell("connected", "websocket")
	ctx := context.Background()
	_, err = room.Publish(ctx, []byte(`{"from":"a stock client","text":"grüße 🎉"}`))
	fail(err)
	tell("publication", hears(1))
	history, err := room.History(ctx, centrifuge.WithHistoryLimit(10))
	fail(err)
	tell("history", data(history.Publications))
	presence, err := room.Presence(ctx)
	fail(err)
	tell("presence", len(presence.Clients))

	tell("ready to be cut", nil)
	back := next(subscribed)
	tell("recovery", map[string]bool{"wasRecovering": back.WasRecovering, "recovered": back.Recovered})
	tell("missed", hears(3))

	fail(client.Disconnect())
	next(disconnected)
	tell("done", nil)
}
