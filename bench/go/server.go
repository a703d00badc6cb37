// The bench's AGI server in Go: a goroutine for each connection, the request in a map, a reader with a buffer.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"strings"
)

// One call: its request, its commands, and what Asterisk says to each.
type call struct {
	in      *bufio.Reader
	out     net.Conn
	request map[string]string
}

func (c *call) read() error {
	c.request = make(map[string]string, 32)
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			return nil
		}
		if name, value, ok := strings.Cut(line, ":"); ok {
			c.request[name] = strings.TrimSpace(value)
		}
	}
}

func (c *call) send(format string, values ...any) (string, error) {
	if _, err := fmt.Fprintf(c.out, format+"\n", values...); err != nil {
		return "", err
	}
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	if !strings.HasPrefix(line, "200 ") {
		return "", fmt.Errorf("refused: %s", line)
	}
	return strings.TrimSpace(line), nil
}

func hello(c *call) error {
	if _, err := c.send("VERBOSE %q 1", "cool, the FastAGI server has been called!"); err != nil {
		return err
	}
	_, err := c.send("SET VARIABLE %s %s", "test", "1111")
	return err
}

func held(c *call) error {
	if _, err := c.send("VERBOSE held 1"); err != nil {
		return err
	}
	_, err := c.in.ReadString('\n')
	return err
}

func serve(conn net.Conn) {
	defer conn.Close()
	c := &call{in: bufio.NewReader(conn), out: conn}
	if c.read() != nil {
		return
	}
	scripts := map[string]func(*call) error{"hello.js": hello, "held.js": held}
	if script, ok := scripts[c.request["agi_network_script"]]; ok {
		_ = script(c)
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(conn)
	}
}
