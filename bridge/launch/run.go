package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

const (
	// How long the server has after each step of its end: after the end of its input, and SIGTERM.
	patience = 2 * time.Second
	// How long the bridge has after the stop of the pod, until running calls have been answered. It takes 11 s at most.
	drain = 12 * time.Second
)

// run starts the command for each connection, one at a time, until SIGTERM.
func run(socket string, command []string) error {
	program, err := exec.LookPath(command[0])
	if err != nil {
		return fmt.Errorf("cannot start the server: %w", err)
	}
	listener, err := listen(socket)
	if err != nil {
		return fmt.Errorf("cannot listen for the bridge: %w", err)
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	stopped := make(chan struct{})
	go func() {
		<-signals
		close(stopped)
		_ = listener.Close()
	}()
	for {
		connection, err := listener.AcceptUnix()
		if err != nil {
			return nil // it was closed by the signal
		}
		if err := serve(connection, program, command, stopped); err != nil {
			return fmt.Errorf("cannot start the server: %w", err)
		}
	}
}

func listen(socket string) (*net.UnixListener, error) {
	_ = os.Remove(socket) // left by an earlier run of the container
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		return nil, err
	}
	// The server may run as another user than the bridge. Only their pod has the folder.
	return listener, os.Chmod(socket, 0o666)
}

// serve runs the server once: its standard input and output are the connection, its log is that of the container.
func serve(connection *net.UnixConn, program string, command []string, stopped <-chan struct{}) error {
	defer connection.Close()
	input, stdin, err := os.Pipe()
	if err != nil {
		return err
	}
	stdout, output, err := os.Pipe()
	if err != nil {
		return err
	}
	files := []uintptr{input.Fd(), output.Fd(), 2}
	own := &syscall.SysProcAttr{Setpgid: true}
	pid, err := syscall.ForkExec(program, command, &syscall.ProcAttr{Env: os.Environ(), Files: files, Sys: own})
	_, _ = input.Close(), output.Close()
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	closed, sent, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		_, _ = io.Copy(stdin, connection)
		_ = stdin.Close()
		close(closed)
	}()
	go func() {
		_, _ = io.Copy(connection, stdout)
		_, _ = connection.CloseWrite(), stdout.Close()
		close(sent)
	}()
	go end(pid, connection, closed, stopped, ended)
	status := wait(pid)
	close(ended)
	_ = syscall.Kill(-pid, syscall.SIGKILL) // the processes that it left behind, which keep its output open
	within(patience, sent)
	fmt.Fprintf(os.Stderr, "launch: the server ended: %s\n", told(status))
	return nil
}

// end waits for the end of the connection or of the pod, and then ends the server in the way of MCP: it closes its
// input, then sends SIGTERM, then SIGKILL.
func end(pid int, connection *net.UnixConn, closed, stopped, ended <-chan struct{}) {
	select {
	case <-closed:
	case <-ended:
		return
	case <-stopped:
		// The bridge is stopped at the same time. It closes the connection when running calls have been answered.
		within(drain, closed)
		_ = connection.CloseRead()
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if within(patience, ended) {
			return
		}
		_ = syscall.Kill(-pid, signal)
	}
}

// wait reaps processes until the server has ended; as process 1 of the container, it also gets orphans.
func wait(pid int) syscall.WaitStatus {
	for {
		var status syscall.WaitStatus
		reaped, err := syscall.Wait4(-1, &status, 0, nil)
		if reaped == pid || (err != nil && err != syscall.EINTR) {
			return status
		}
	}
}

func within(limit time.Duration, done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	case <-time.After(limit):
		return false
	}
}

func told(status syscall.WaitStatus) string {
	if status.Signaled() {
		return status.Signal().String()
	}
	return fmt.Sprintf("exit code %d", status.ExitStatus())
}
