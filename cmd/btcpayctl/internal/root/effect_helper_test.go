package root

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// helperName is what this test program is called where it plays a credential helper.
const helperName = "btcpayctl-test-helper"

// helper puts a credential helper beside the stage, which keeps its secrets in a file.
func (s *effectStage) helper() {
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	s.file = s.path(helperName)
	if err := os.Symlink(self, s.file); err != nil {
		s.t.Skipf("there are no links here: %v", err)
	}
}

type helped struct{ ServerURL, Username, Secret string }

// playHelper answers one request of docker's protocol.
func playHelper(action string) int {
	file := filepath.Join(filepath.Dir(os.Args[0]), "helped.json")
	kept := map[string]helped{}
	if text, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(text, &kept); err != nil {
			panic(err)
		}
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	server := strings.TrimSpace(string(input))
	switch action {
	case "get":
		one, ok := kept[server]
		if !ok {
			fmt.Println("credentials not found in native keychain")
			return 1
		}
		json.NewEncoder(os.Stdout).Encode(one)
		return 0
	case "list":
		users := map[string]string{}
		for url, one := range kept {
			users[url] = one.Username
		}
		json.NewEncoder(os.Stdout).Encode(users)
		return 0
	case "store":
		var one helped
		if err := json.Unmarshal(input, &one); err != nil {
			panic(err)
		}
		kept[one.ServerURL] = one
	case "erase":
		delete(kept, server)
	}
	text, err := json.Marshal(kept)
	if err == nil {
		err = os.WriteFile(file, text, 0o600)
	}
	if err != nil {
		panic(err)
	}
	return 0
}
