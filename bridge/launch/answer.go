package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
)

const (
	// Bytes of an answer that are read: a server may send without end.
	largest = 1 << 20
	// Characters of a server's message that are shown.
	longest = 200
)

// message is a JSON-RPC message: an answer has a result or an error.
type message struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// refused tells whether a server requires credentials.
func refused(response *http.Response) bool {
	return response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden
}

func isStream(response *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	return kind == "text/event-stream"
}

// read returns the answer in a response, from its body or from its stream, which may have other messages first.
func read(response *http.Response) *message {
	if !isStream(response) {
		body, _ := io.ReadAll(io.LimitReader(response.Body, largest))
		return parse(body)
	}
	var found *message
	events(response.Body, func(_, data string) bool {
		found = parse([]byte(data))
		return found != nil
	})
	return found
}

// parse returns an answer; nil if it is something else, such as a notification. An error may have no id.
func parse(text []byte) *message {
	var found message
	if json.Unmarshal(text, &found) != nil || found.Version != "2.0" {
		return nil
	}
	if found.Error == nil && (found.Result == nil || !bytes.Equal(found.ID, []byte("1"))) {
		return nil
	}
	return &found
}

// events reads server-sent events until `done` returns true.
func events(stream io.Reader, done func(event, data string) bool) {
	lines := bufio.NewScanner(io.LimitReader(stream, largest))
	lines.Buffer(nil, largest)
	event, data := "", []string{}
	for lines.Scan() {
		line := lines.Text()
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "":
			if (event != "" || len(data) > 0) && done(event, strings.Join(data, "\n")) {
				return
			}
			event, data = "", nil
		case field == "event":
			event = value
		case field == "data":
			data = append(data, value)
		}
	}
}

func short(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
