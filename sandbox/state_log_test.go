package sandbox

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/btcpayctl/btcpayctl/sandbox/internal/world"
)

// killedAt names the state file of the process that TestKilled starts and kills, and its address.
const killedAt = "SANDBOX_TEST_KILLED_AT"

// runKilled is that process: a sandbox, until it is killed.
func runKilled(where string) {
	address, file, _ := strings.Cut(where, " ")
	server, err := Start(context.Background(), address, Options{StateFile: file})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(server.URL, server.Seed.APIKey, server.Seed.StoreID)
	select {}
}

// TestKilled kills a sandbox again and again while keys, users, codes, webhooks and invoices are made, and asks the next one for
// all that the killed one acknowledged.
func TestKilled(t *testing.T) {
	rounds := 3
	if testing.Short() {
		rounds = 2
	}
	file := filepath.Join(t.TempDir(), "state.json")
	address, key, store := "127.0.0.1:0", "", ""
	var mu sync.Mutex
	alive, dead, invoices, codes, hooks := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for round := range rounds {
		process := exec.CommandContext(t.Context(), os.Args[0])
		process.Env = append(os.Environ(), killedAt+"="+address+" "+file)
		output, err := process.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(output).ReadString('\n')
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatal(line)
		}
		origin := fields[0]
		if key != "" && !slices.Equal(fields[1:], []string{key, store}) {
			t.Fatal("another seed after the kill:", line)
		}
		address, key, store = strings.TrimPrefix(origin, "http://"), fields[1], fields[2]

		client := &http.Client{Transport: &http.Transport{}}
		send := func(method, path, body, key string) (int, string) {
			r, err := http.NewRequestWithContext(t.Context(), method, origin+path, strings.NewReader(body))
			if err != nil {
				t.Error(err)
				return 0, ""
			}
			r.Header.Set("Authorization", "token "+key)
			r.Header.Set("Content-Type", "application/json")
			response, err := client.Do(r)
			if err != nil {
				return 0, "" // killed
			}
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			if err != nil {
				return 0, ""
			}
			return response.StatusCode, string(answer)
		}
		expect := func(what string, names map[string]bool, want int, ask func(name string) int) {
			t.Helper()
			for name := range names {
				if got := ask(name); got != want {
					t.Errorf("round %d: %s %s: %d, not %d", round, what, name, got, want)
				}
			}
		}
		current := func(value string) int { status, _ := send("GET", "/api/v1/api-keys/current", "", value); return status }
		expect("key", alive, 200, current)
		expect("deleted key", dead, 401, current)
		expect("invoice", invoices, 200, func(id string) int { status, _ := send("GET", "/i/"+id+"/status", "", ""); return status })
		expect("pairing code", codes, 200, func(code string) int {
			status, _ := send("POST", "/tokens", `{"pairingCode":"`+code+`","id":"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}`, "")
			return status
		})

		expect("webhook", hooks, 200, func(id string) int { status, _ := send("GET", "/api/v1/webhooks/"+id, "", key); return status })

		var workers sync.WaitGroup
		made := make(chan struct{}, 10_000)
		for range 4 {
			workers.Go(func() {
				for n := 0; ; n++ {
					status, answer := send("POST", "/api/v1/api-keys", `{"label":"x","permissions":["unrestricted"]}`, key)
					if status != 200 {
						return
					}
					value := member(t, answer, "apiKey")
					mu.Lock()
					alive[value] = true
					mu.Unlock()
					made <- struct{}{}
					if status, answer = send("POST", "/api/v1/stores/"+store+"/invoices", `{"amount":"5","currency":"USD"}`, value); status == 200 {
						mu.Lock()
						invoices[member(t, answer, "id")] = true
						mu.Unlock()
					}
					if status, answer = send("POST", "/api/v1/stores/"+store+"/webhooks", `{"url":"none:x"}`, value); status == 200 {
						mu.Lock()
						hooks[member(t, answer, "id")] = true
						mu.Unlock()
					}
					if status, answer = send("POST", "/tokens", `{"id":"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}`, ""); status == 200 {
						mu.Lock()
						codes[answer[strings.Index(answer, `"pairingCode":"`)+15:][:7]] = true
						mu.Unlock()
					}
					if n%3 == 0 {
						continue // it lives
					}
					mu.Lock()
					delete(alive, value) // until the answer says what it is
					mu.Unlock()
					status, _ = send("DELETE", "/api/v1/api-keys/"+value, "", key)
					if status != 200 {
						return
					}
					mu.Lock()
					dead[value] = true
					mu.Unlock()
				}
			})
		}
		for range 40 + 13*round {
			<-made
		}
		if err := process.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		workers.Wait()
		process.Wait()
		client.CloseIdleConnections()
	}
	t.Logf("%d kills: %d keys, %d deleted keys, %d invoices, %d pairing codes", rounds, len(alive), len(dead), len(invoices), len(codes))
	if len(alive) == 0 || len(dead) == 0 || len(invoices) == 0 {
		t.Error("nothing was made before a kill")
	}
}

// TestLogHoldsAll makes a change of each kind, and reads the state again without the file's being written in between.
func TestLogHoldsAll(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	w := newTestbed(t, Options{StateFile: file})
	store := "/api/v1/stores/" + w.s.Seed().StoreID
	create := func(path, body string) string {
		response, answer := w.greenfield("POST", path, body)
		if response.StatusCode/100 != 2 {
			t.Fatal(path, response.Status, answer)
		}
		return member(t, answer, "id")
	}
	guest := create("/api/v1/users", `{"email":"guest@shop.example","password":"a word for you"}`)
	w.greenfield("POST", store+"/users", `{"id":"`+guest+`","storeRole":"Guest"}`)
	other := create("/api/v1/stores", `{"name":"Other"}`)
	create("/api/v1/stores/"+other+"/invoices", `{"amount":"0","currency":"USD"}`)
	paid, half, marked := create(store+"/invoices", `{"amount":"5"}`), create(store+"/invoices", `{"amount":"6"}`), create(store+"/invoices", `{"amount":"7","checkout":{"lazyPaymentMethods":true}}`)
	address := w.statusOf("/i/" + paid + "/status")["address"].(string)
	w.control("pay", `{"address":"`+address+`","amount":"0.0001"}`)
	w.control("mine", `{"blocks":1}`)
	w.control("pay", `{"address":"`+w.statusOf("/i/" + half + "/status")["address"].(string)+`","amount":"0.00001"}`)
	w.greenfield("PUT", store+"/invoices/"+half, `{"metadata":{"own":1}}`)
	w.statusOf("/i/" + marked + "/status")
	w.greenfield("POST", store+"/invoices/"+marked+"/status", `{"status":"Invalid"}`)
	w.greenfield("DELETE", store+"/invoices/"+marked, "")
	w.greenfield("DELETE", "/api/v1/stores/"+other, "")
	w.control("clock", `{"advance":"3h"}`)
	w.control("mine", `{"blocks":3}`)

	w.s.world.Lock()
	logged := w.s.state.Logged
	w.s.world.Unlock()
	if logged < 15 {
		t.Fatal(logged, "changes were written to the log")
	}
	if lost := w.s.Lost(); lost != "" {
		t.Error(lost)
	}
}

// TestBadInputLog has logs that are cut off, damaged, of another file, and without a file.
func TestBadInputLog(t *testing.T) {
	begin := func(t *testing.T) (file, code string) {
		file = filepath.Join(t.TempDir(), "state.json")
		s, err := NewHandler(Options{StateFile: file})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		w := &testbed{t: t, s: s}
		_, answer := w.inProcess("POST", "/tokens", `{"id":"Tf3yr5tYvccKNVrE26BrPs6LWZRh8woHwjR"}`)
		return file, answer[strings.Index(answer, `"pairingCode":"`)+15:][:7]
	}
	load := func(file string) (*world.State, error) {
		kept, err := world.Open(file, nil)
		if err != nil {
			return nil, err
		}
		return kept.State, nil
	}
	change := func(file string, f func(log []byte) []byte) {
		log, err := os.ReadFile(file + ".log")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+".log", f(log), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("cut", func(t *testing.T) {
		file, code := begin(t)
		change(file, func(log []byte) []byte { return append(log, `{"Started":`...) })
		if st, err := load(file); err != nil || st.Pairings[code] == nil {
			t.Error(err)
		}
		change(file, func(log []byte) []byte { return log[:strings.LastIndex(string(log), "}")] })
		if st, err := load(file); err != nil || st.Pairings[code] != nil {
			t.Error("a line that is not whole:", err)
		}
	})
	t.Run("damaged", func(t *testing.T) {
		file, _ := begin(t)
		change(file, func(log []byte) []byte { return append([]byte("\x00\n"), log...) })
		if _, err := load(file); err == nil || !strings.Contains(err.Error(), file+".log") {
			t.Error(err)
		}
	})
	t.Run("of another file", func(t *testing.T) {
		file, code := begin(t)
		_, foreign := begin(t)
		other, _ := begin(t)
		log, _ := os.ReadFile(other + ".log")
		change(file, func(own []byte) []byte { return append(log, own...) })
		if st, err := load(file); err != nil || len(st.Pairings) != 1 || st.Pairings[code] == nil || st.Pairings[foreign] != nil {
			t.Error(err, len(st.Pairings))
		}
	})
	t.Run("without a file", func(t *testing.T) {
		file, _ := begin(t)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if st, err := load(file); err != nil || len(st.Pairings) != 0 {
			t.Error(err)
		}
	})
}
