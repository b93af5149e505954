// The procedure in Go, with nothing but the standard library.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

type record struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

var api = &http.Client{Timeout: 10 * time.Second}

// cloudflare asks the API, and puts the result where it is wanted.
func cloudflare(method, address string, change, result any) error {
	var body bytes.Buffer
	if change != nil {
		if err := json.NewEncoder(&body).Encode(change); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, address, &body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("CLOUDFLARE_API_TOKEN"))
	request.Header.Set("Content-Type", "application/json")
	answer, err := api.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	reply := struct {
		Success bool            `json:"success"`
		Errors  json.RawMessage `json:"errors"`
		Result  json.RawMessage `json:"result"`
	}{}
	if err := json.NewDecoder(answer.Body).Decode(&reply); err != nil {
		return err
	}
	io.Copy(io.Discard, answer.Body) // So that the connection can be used again.
	if !reply.Success {
		return fmt.Errorf("%s: %s", answer.Status, reply.Errors)
	}
	return json.Unmarshal(reply.Result, result)
}

// accessible asks for the host of the URL at this address.
func accessible(address, probe string) bool {
	dialer := net.Dialer{Timeout: 2500 * time.Millisecond}
	client := &http.Client{
		Timeout: 5 * time.Second,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, hostPort string) (net.Conn, error) {
				_, port, err := net.SplitHostPort(hostPort)
				if err != nil {
					return nil, err
				}
				return dialer.DialContext(ctx, network, net.JoinHostPort(address, port))
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Get(probe)
	if err != nil {
		return false
	}
	answer.Body.Close()
	return answer.StatusCode < 400
}

func probeAside(address, probe string) <-chan bool {
	result := make(chan bool, 1)
	go func() { result <- accessible(address, probe) }()
	return result
}

// decide tells where the record belongs; the origin itself if it stays, nothing if there is nowhere to go.
func decide(origin, main, backup string, isUp func(string) bool) string {
	if isUp(origin) {
		if origin != main && isUp(main) {
			return main
		}
		return origin
	}
	candidate := backup
	if origin == backup {
		candidate = main
	}
	if isUp(candidate) {
		return candidate
	}
	return ""
}

func run(base, zone, name, main, backup, probe string) error {
	mainProbe, backupProbe := probeAside(main, probe), probeAside(backup, probe)
	records := base + "/zones/" + zone + "/dns_records"
	query := url.Values{"type": {"A"}, "name": {name}}
	var found []record
	if err := cloudflare("GET", records+"?"+query.Encode(), nil, &found); err != nil {
		return err
	}
	if len(found) != 1 {
		return fmt.Errorf("%d records", len(found))
	}
	sites := map[string]bool{main: <-mainProbe, backup: <-backupProbe}
	isUp := func(address string) bool {
		if up, known := sites[address]; known {
			return up
		}
		return accessible(address, probe)
	}
	origin := found[0].Content
	target := decide(origin, main, backup, isUp)
	if target == "" {
		return fmt.Errorf("%s: nowhere to go", name)
	}
	if target == origin {
		return nil
	}
	var changed record
	err := cloudflare("PATCH", records+"/"+found[0].ID, map[string]string{"content": target}, &changed)
	if err == nil {
		fmt.Printf("%s: %s -> %s\n", name, origin, changed.Content)
	}
	return err
}

func main() {
	arguments := os.Args[1:]
	if len(arguments) != 6 {
		fmt.Fprintln(os.Stderr, "usage: peer API ZONE RECORD MAIN BACKUP PROBE")
		os.Exit(2)
	}
	if err := run(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
