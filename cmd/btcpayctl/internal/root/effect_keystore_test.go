package root

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
)

func init() {
	effectCases = append(effectCases, keystoreCases...)
}

// backupOf makes a key, and a backup that has it.
func backupOf(s *effectStage) {
	makeKey(s)
	s.file = s.path("keys.age")
	opens, err := age.GenerateX25519Identity()
	if err == nil {
		err = os.WriteFile(s.path("opens"), []byte(opens.String()+"\n"), 0o600)
	}
	if err == nil {
		err = os.WriteFile(s.path("closes"), []byte(opens.Recipient().String()+"\n"), 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.ok("keystore", "backup", s.file, "--recipients-file", s.path("closes"))
}

var keystoreCases = []effectCase{
	{command: "keystore backup", field: "file",
		set: func(s *effectStage) {
			backupOf(s)
			s.file = s.path("second.age")
		},
		args:  func(s *effectStage) []string { return []string{s.file, "--recipients-file", s.path("closes")} },
		named: func(s *effectStage) []string { return []string{"the backup was written to " + s.file} },
		done:  func(s *effectStage) bool { return exists(s.file) }},
	{command: "keystore restore", field: "name",
		set: func(s *effectStage) {
			backupOf(s)
			s.ok("key", "delete", s.id, "--yes")
		},
		args:  func(s *effectStage) []string { return []string{s.file, "--identity-file", s.path("opens")} },
		named: func(s *effectStage) []string { return []string{s.id + " was restored to keystore file"} },
		done:  hasKey},
	{command: "keystore move", field: "name",
		set: func(s *effectStage) {
			makeKey(s)
			s.helper()
		},
		args:  func(s *effectStage) []string { return []string{"--from", "file", "--to", "helper:" + s.file} },
		named: func(s *effectStage) []string { return []string{"1 secrets were moved from keystore file to helper:"} },
		done:  func(s *effectStage) bool { return s.profileHas("shop", "keystore", "helper:"+s.file) }},
	{command: "keystore test", field: "check",
		set: func(s *effectStage) {
			makeKey(s)
			s.ok("profile", "delete", "shop")
			s.dropIndex()
		},
		args: fixed("file", "--adopt"), inOrder: true,
		named: func(s *effectStage) []string { return []string{s.id + " was added to the index"} },
		done:  hasKey},
	{command: "doctor", field: "check",
		set: func(s *effectStage) {
			s.admin()
			s.mu.Lock()
			s.meddle = losingMint
			s.mu.Unlock()
			g := s.run(append([]string{"apikey", "create"}, apiKeyArgs()(s)...)...)
			s.mu.Lock()
			s.meddle = nil
			s.mu.Unlock()
			_, rest, _ := strings.Cut(g.stderr, "btcpayctl/admin/")
			if g.code != 8 || len(rest) < 26 {
				s.t.Fatalf("exit %d %s", g.code, g.stderr)
			}
			s.id = rest[:26]
		},
		args:  func(s *effectStage) []string { return []string{"--profile", "admin", "--forget", s.id} },
		named: func(s *effectStage) []string { return []string{"operation " + s.id + " was closed"} },
		done:  func(s *effectStage) bool { return allWork(s, 1) }},
	{command: "sandbox paste", field: "code", set: makeKey,
		args: func(s *effectStage) []string {
			return []string{s.ok("key", "show", s.id, "--jq", ".publicKey"), "--server", s.URL}
		},
		named: fixed("sandbox paste is done"),
		done:  isPaired},
}

// dropIndex makes the keystore's index forget what it has.
func (s *effectStage) dropIndex() {
	s.t.Helper()
	found := 0
	err := filepath.WalkDir(s.home, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Name() == "index.json" {
			found++
			err = os.Remove(path)
		}
		return err
	})
	if err != nil || found != 1 {
		s.t.Fatal(found, err)
	}
}

// losingMint makes no key, and loses the answer.
func losingMint(_ http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/api-keys") {
		panic(http.ErrAbortHandler)
	}
	return false
}
