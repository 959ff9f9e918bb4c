//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A killedServer is the sandbox as a process of its own, with its state on the disk, on
// a port that stays.
type killedServer struct {
	s       *shell
	release string
	port    string
	URL     string
	key     string // unrestricted
	cmd     *exec.Cmd
	done    chan struct{}
}

func newKilledServer(s *shell, release string) *killedServer {
	s.t.Helper()
	k := &killedServer{s: s, release: release, port: strconv.Itoa(quietPort(s.t))}
	s.t.Cleanup(func() { k.stop(syscall.SIGKILL) })
	k.start()
	return k
}

// quietPort is one that no outgoing connection gets while nobody listens there.
func quietPort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 20000 + rand.IntN(12000)
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			must(t, listener.Close())
			return port
		}
	}
	t.Fatal("there is no free port")
	return 0
}

// start returns when the server answers.
func (k *killedServer) start() {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		k.cmd = k.s.command("sandbox", "--port", k.port, "--state", k.s.path("state.json"), "--emulate", k.release, "-o", "json")
		out, err := k.cmd.StdoutPipe()
		if err == nil {
			err = k.cmd.Start()
		}
		if err != nil {
			k.s.t.Error(err)
			return
		}
		var seed struct{ URL, APIKey string }
		err = json.NewDecoder(out).Decode(&seed) // or the end, where the port is taken
		k.done = make(chan struct{})
		go func() {
			k.cmd.Wait()
			close(k.done)
		}()
		if err == nil {
			k.URL, k.key = seed.URL, seed.APIKey
			return
		}
		<-k.done
	}
	k.s.t.Error("the server does not start")
}

// stop returns when the server has ended.
func (k *killedServer) stop(signal syscall.Signal) {
	if k.done == nil {
		return
	}
	k.cmd.Process.Signal(signal) // it may be gone
	select {
	case <-k.done:
	case <-time.After(patience):
		k.s.t.Errorf("the server does not end by %v", signal)
		k.cmd.Process.Kill()
		<-k.done
	}
	k.done = nil
}

// serverState is what the state file tells.
type serverState struct {
	Numbered int                       `json:"Numbered"` // the last of all things that have numbers, as keys have
	APIKeys  map[string]serverStateKey `json:"APIKeys"`
}

type serverStateKey struct {
	Label string `json:"Label"`
}

// state reads the file of a server that has stopped.
func (k *killedServer) state() (state serverState) {
	k.s.t.Helper()
	text, err := os.ReadFile(k.s.path("state.json"))
	if err == nil {
		err = json.Unmarshal(text, &state)
	}
	must(k.s.t, err)
	return state
}
