package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	// The newest version that begins with initialize. A server answers with the version that it speaks.
	version = "2025-11-25"
	// The first version without initialize, for servers that speak no older one.
	withoutSessions = "2026-07-28"
	session         = "Mcp-Session-Id"
	protocol        = "MCP-Protocol-Version"

	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"` + version + `",` +
		`"capabilities":{},"clientInfo":{"name":"cortex-probe","version":"1"}}}`
	discover = `{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":{` +
		`"io.modelcontextprotocol/protocolVersion":"` + withoutSessions + `",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"cortex-probe","version":"1"},` +
		`"io.modelcontextprotocol/clientCapabilities":{}}}}`
)

// errCredentials is how a server answers that requires credentials: a probe has none.
var errCredentials = errors.New("requires credentials")

// probe checks that a server answers one request over MCP. The kubelet's own timeout would hide why it failed, so a
// tenth of the time is left to say it.
func probe(transport, address, timeout string) error {
	limit, err := time.ParseDuration(timeout)
	if err != nil {
		return fmt.Errorf("%q is not a time, such as 3s", timeout)
	}
	limit -= limit / 10
	within, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	server := &endpoint{within, address, &http.Client{
		// Like the kubelet's probes, it verifies no certificate and follows no redirect.
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	switch transport {
	case "http":
		err = server.exchange()
	case "sse":
		err = server.stream()
	default:
		return fmt.Errorf("%q is not a transport: use http or sse", transport)
	}
	if errors.Is(err, errCredentials) {
		return nil
	}
	if err != nil && within.Err() != nil {
		return fmt.Errorf("%s: no answer over MCP within %v", address, limit)
	}
	return err
}

type endpoint struct {
	within  context.Context
	address string
	client  *http.Client
}

// exchange initialises a session and ends it, or asks a server without sessions what it speaks.
func (server *endpoint) exchange() error {
	result, id, err := server.ask(initialize, http.Header{})
	if err != nil && !errors.Is(err, errCredentials) {
		newest := http.Header{protocol: {withoutSessions}, "Mcp-Method": {"server/discover"}}
		if _, _, other := server.ask(discover, newest); other == nil || errors.Is(other, errCredentials) {
			return nil
		}
	}
	if err != nil {
		return err
	}
	var agreed struct {
		Version string `json:"protocolVersion"`
	}
	if err := json.Unmarshal(result, &agreed); err != nil || agreed.Version == "" {
		return fmt.Errorf("%s: answers initialize without a protocol version", server.address)
	}
	if id != "" {
		// It may refuse, as the protocol allows: then the session ends when the server gives it up.
		response, err := server.send(http.MethodDelete, "", http.Header{session: {id}, protocol: {agreed.Version}})
		if err == nil {
			_ = response.Body.Close()
		}
	}
	return nil
}

// ask sends a request, and returns its result and the new session, if there is one.
func (server *endpoint) ask(request string, headers http.Header) (json.RawMessage, string, error) {
	headers.Set("Content-Type", "application/json")
	headers.Set("Accept", "application/json, text/event-stream")
	response, err := server.send(http.MethodPost, request, headers)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	if refused(response) {
		return nil, "", errCredentials
	}
	found := read(response)
	switch status := response.StatusCode; {
	case found == nil:
		return nil, "", fmt.Errorf("%s: answers HTTP %d without an answer of MCP", server.address, status)
	case found.Error != nil:
		return nil, "", fmt.Errorf("%s: answers HTTP %d: %s", server.address, status, short(found.Error.Message))
	case status != http.StatusOK:
		return nil, "", fmt.Errorf("%s: answers HTTP %d", server.address, status)
	}
	return found.Result, response.Header.Get(session), nil
}

// stream opens the stream of the older transport, which begins with the address for messages.
func (server *endpoint) stream() error {
	response, err := server.send(http.MethodGet, "", http.Header{"Accept": {"text/event-stream"}})
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if refused(response) {
		return errCredentials
	}
	if response.StatusCode != http.StatusOK || !isStream(response) {
		return fmt.Errorf("%s: answers HTTP %d without a stream", server.address, response.StatusCode)
	}
	begun := false
	events(response.Body, func(event, data string) bool {
		begun = event == "endpoint" && data != ""
		return true
	})
	if !begun {
		return fmt.Errorf("%s: the stream does not begin with the event endpoint", server.address)
	}
	return nil
}

func (server *endpoint) send(method, body string, headers http.Header) (*http.Response, error) {
	request, err := http.NewRequestWithContext(server.within, method, server.address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header = headers
	return server.client.Do(request)
}
