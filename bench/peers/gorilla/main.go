// A chat hub with gorilla/websocket as it is usually built: one goroutine owns who is in which channel, each client
// has a buffered channel and two goroutines, one that reads and one that writes.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/gorilla/websocket"
)

// Messages that may wait for one client; one that falls further behind is dropped.
const queueSize = 256

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024,
	WriteBufferSize: 1024,
	CheckOrigin:     func(*http.Request) bool { return true },
}

type client struct {
	room  string
	conn  *websocket.Conn
	queue chan *websocket.PreparedMessage
}

type message struct {
	from     *client
	prepared *websocket.PreparedMessage
}

type hub struct {
	join    chan *client
	leave   chan *client
	publish chan message
	rooms   map[string]map[*client]struct{}
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.join:
			if h.rooms[c.room] == nil {
				h.rooms[c.room] = make(map[*client]struct{})
			}
			h.rooms[c.room][c] = struct{}{}
		case c := <-h.leave:
			h.drop(c)
		case m := <-h.publish:
			h.fanOut(m)
		}
	}
}

func (h *hub) fanOut(m message) {
	for c := range h.rooms[m.from.room] {
		if c == m.from {
			continue
		}
		select {
		case c.queue <- m.prepared:
		default:
			h.drop(c)
		}
	}
}

func (h *hub) drop(c *client) {
	if _, in := h.rooms[c.room][c]; in {
		delete(h.rooms[c.room], c)
		close(c.queue)
	}
}

func (c *client) read(h *hub) {
	defer func() {
		h.leave <- c
		c.conn.Close()
	}()
	for {
		kind, data, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		// Framed once for everyone, which is what gorilla offers to those who broadcast.
		prepared, err := websocket.NewPreparedMessage(kind, data)
		if err != nil {
			return
		}
		h.publish <- message{c, prepared}
	}
}

func (c *client) write() {
	defer c.conn.Close()
	for prepared := range c.queue {
		if c.conn.WritePreparedMessage(prepared) != nil {
			return
		}
	}
}

func main() {
	h := &hub{
		join:    make(chan *client),
		leave:   make(chan *client),
		publish: make(chan message),
		rooms:   make(map[string]map[*client]struct{}),
	}
	go h.run()
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		room := r.URL.Query().Get("channel")
		if room == "" {
			room = "lobby"
		}
		c := &client{room: room, conn: conn, queue: make(chan *websocket.PreparedMessage, queueSize)}
		h.join <- c
		go c.write()
		go c.read(h)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
