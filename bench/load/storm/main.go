// Opens WebSocket connections as fast as a server takes them: one thread and one epoll, because a load that shares two
// cores with the server may cost as little as it can. It prints the milliseconds that it took, keeps the connections
// until its standard input ends, and then resets them.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"syscall"
	"time"
)

// How long the server may take for all of them.
const timeout = 60 * time.Second

type load struct {
	address  syscall.SockaddrInet4
	upgrade  []byte
	join     []byte
	expected []byte
	poll     int
	clients  map[int32]*client
}

type client struct {
	joined   bool
	greeted  bool
	received []byte
}

func main() {
	port := flag.Int("port", 0, "port of the server")
	path := flag.String("path", "/", "path to upgrade at")
	count := flag.Int("count", 1, "connections")
	atOnce := flag.Int("at-once", 256, "connections that are being opened at the same time")
	join := flag.String("join", "", "text of a frame to send after the handshake")
	expected := flag.String("expect", "", "what the answer to it contains")
	flag.Parse()

	poll, err := syscall.EpollCreate1(0)
	check(err)
	l := &load{
		address:  syscall.SockaddrInet4{Port: *port, Addr: [4]byte{127, 0, 0, 1}},
		upgrade:  request(*port, *path),
		expected: []byte(*expected),
		poll:     poll,
		clients:  make(map[int32]*client, *count),
	}
	if *join != "" {
		l.join = textFrame(*join)
	}
	began := time.Now()
	l.openAll(*count, *atOnce)
	fmt.Printf("took %.1f\n", float64(time.Since(began).Microseconds())/1000)

	_, err = io.Copy(io.Discard, os.Stdin)
	check(err)
	for fd := range l.clients {
		// Reset, so that no port of this side waits in TIME_WAIT.
		check(syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1}))
		check(syscall.Close(int(fd)))
	}
}

func (l *load) openAll(count, atOnce int) {
	events := make([]syscall.EpollEvent, 256)
	deadline := time.Now().Add(timeout)
	opened, done := 0, 0
	for done < count {
		for ; opened < count && opened-done < atOnce; opened++ {
			l.open()
		}
		n, err := syscall.EpollWait(l.poll, events, 1000)
		if err != syscall.EINTR {
			check(err)
		}
		if time.Now().After(deadline) {
			log.Fatalf("%d of %d connections were answered in time", done, count)
		}
		for _, event := range events[:max(n, 0)] {
			if l.read(event.Fd) {
				done++
			}
		}
	}
}

// On loopback a blocking connect ends as soon as the accept queue has room.
func (l *load) open() {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	check(err)
	check(syscall.Connect(fd, &l.address))
	check(syscall.SetNonblock(fd, true))
	write(fd, l.upgrade)
	l.clients[int32(fd)] = &client{}
	check(syscall.EpollCtl(l.poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}))
}

// Reads what has come; true where that ends the greeting.
func (l *load) read(fd int32) bool {
	c := l.clients[fd]
	var chunk [4096]byte
	n, err := syscall.Read(int(fd), chunk[:])
	if err == syscall.EAGAIN {
		return false
	}
	check(err)
	if n == 0 {
		log.Fatalf("the server closed a connection: %q", c.received)
	}
	if c.greeted {
		return false
	}
	c.received = append(c.received, chunk[:n]...)
	if !c.joined {
		end := bytes.Index(c.received, []byte("\r\n\r\n"))
		if end < 0 {
			return false
		}
		if !bytes.HasPrefix(c.received, []byte("HTTP/1.1 101")) {
			log.Fatalf("the server refused an upgrade: %q", c.received)
		}
		c.received = c.received[end+4:]
		c.joined = true
		if l.join != nil {
			write(int(fd), l.join)
		}
	}
	c.greeted = bytes.Contains(c.received, l.expected)
	if c.greeted {
		c.received = nil
	}
	return c.greeted
}

func request(port int, path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: Y2hvcnVzIGJlbmNoIGtleQ==\r\n\r\n", path, port)
}

// A masked text frame (RFC 6455 5.2).
func textFrame(text string) []byte {
	mask := [4]byte{0x5a, 0xc3, 0x1f, 0x96}
	header := []byte{0x81, 0x80 | byte(len(text))}
	if len(text) >= 126 {
		header = []byte{0x81, 0x80 | 126, byte(len(text) >> 8), byte(len(text))}
	}
	frame := append(header, mask[:]...)
	for index := range len(text) {
		frame = append(frame, text[index]^mask[index&3])
	}
	return frame
}

func write(fd int, bytes []byte) {
	n, err := syscall.Write(fd, bytes)
	check(err)
	if n < len(bytes) {
		log.Fatal("the kernel took less than a handshake")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
