// Package passstore makes password stores of pass, to test docker's credential helper for
// it.
package passstore

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// Start makes a password store in a directory, or in a new one if dir is empty, with a new
// gpg key that has no passphrase. It returns the path of docker-credential-pass and the
// variables by which that finds the store. All of it ends with the test. If a program is
// missing, the test is skipped, or fails if CI=true.
func Start(t testing.TB, dir string) (helper string, env map[string]string) {
	t.Helper()
	helper = programs.DockerPass.Need(t)
	gpg, pass := programs.GnuPG.Need(t), programs.Pass.Need(t)
	programs.Bash.Need(t) // pass is a script that encodes with base64
	programs.Base64.Need(t)
	// The path of gpg-agent's socket is limited to 107 bytes.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if dir == "" {
		dir = filepath.Join(home, "store")
	}
	env = map[string]string{"GNUPGHOME": home, "PASSWORD_STORE_DIR": dir}
	for _, args := range [][]string{
		{gpg, "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--quick-generate-key", "test@btcpayctl.invalid", "future-default"}, // an elliptic curve, which is cheaper than RSA
		{pass, "init", "test@btcpayctl.invalid"},
	} {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = os.Environ()
		for name, value := range env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", args[0], err, out)
		}
	}
	t.Cleanup(func() { exec.Command("gpgconf", "--homedir", home, "--kill", "all").Run() })
	return helper, env
}
