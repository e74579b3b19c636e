// Command launch does in an MCP server's container what its image cannot do.
//
// It connects a stdio server in one container with the bridge in another: a container cannot reach the standard input
// and output of another, so both mount a folder with a Unix socket. `run` is the process of the server's container,
// `connect` is the process that the bridge starts as its server. And it is the kubelet's probe of a server without a
// health route: `probe`. The program is static, because it has to run in any image.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	usage = "launch copy FILE | launch run SOCKET -- COMMAND [ARGUMENT...] | launch connect SOCKET" +
		" | launch probe http|sse URL TIMEOUT"
	// Between two attempts to connect, while the server's container is starting.
	pause = 100 * time.Millisecond
)

func main() {
	if err := execute(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "launch: %v\n", err)
		os.Exit(1)
	}
}

func execute(arguments []string) error {
	switch {
	case len(arguments) == 2 && arguments[0] == "copy":
		return copyTo(arguments[1])
	case len(arguments) > 3 && arguments[0] == "run" && arguments[2] == "--":
		return run(arguments[1], arguments[3:])
	case len(arguments) == 2 && arguments[0] == "connect":
		return connect(arguments[1])
	case len(arguments) == 4 && arguments[0] == "probe":
		return probe(arguments[1], arguments[2], arguments[3])
	}
	return errors.New("usage: " + usage)
}

// copyTo writes this program to a file. A rename replaces it, since a running program cannot be overwritten.
func copyTo(path string) error {
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", program, 0o755); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// connect waits for the server's container, and relays standard input and output until the server ends.
func connect(socket string) error {
	connection := dial(socket)
	go func() {
		_, _ = io.Copy(connection, os.Stdin)
		_ = connection.CloseWrite()
	}()
	_, err := io.Copy(os.Stdout, connection)
	return err
}

func dial(socket string) *net.UnixConn {
	for {
		connection, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socket, Net: "unix"})
		if err == nil {
			return connection
		}
		time.Sleep(pause)
	}
}
