package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/btcpayctl/btcpayctl/sandbox"
)

// A recipe is what a CI system would run: the shell part and its variables.
type recipe struct {
	name, shell string
	env         map[string]string
	keyInFile   bool
}

const recipesFile = "../../docs/ci.md"

// readRecipes takes the recipes out of the documentation as the CI systems read
// them.
func readRecipes(t *testing.T) []recipe {
	t.Helper()
	text, err := os.ReadFile(recipesFile)
	if err != nil {
		t.Fatal(err)
	}
	blocks := map[string]string{}
	for _, block := range regexp.MustCompile("(?s)```(yaml|groovy)\n(?:#|//) (\\S+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		blocks[block[2]] = block[3]
	}
	return []recipe{githubRecipe(t, blocks[".github/workflows/nightly.yml"]), gitlabRecipe(t, blocks[".gitlab-ci.yml"]), jenkinsRecipe(t, blocks["Jenkinsfile"])}
}

func githubRecipe(t *testing.T, text string) recipe {
	var workflow struct {
		Jobs map[string]struct {
			Env   map[string]string
			Steps []struct {
				Name, Run string
				Env       map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	r := recipe{name: "GitHub Actions", env: map[string]string{}}
	for _, job := range workflow.Jobs {
		maps.Copy(r.env, job.Env)
		for _, step := range job.Steps {
			if strings.HasPrefix(step.Name, "Install") {
				continue
			}
			maps.Copy(r.env, step.Env)
			r.shell += step.Run
		}
	}
	return r
}

func gitlabRecipe(t *testing.T, text string) recipe {
	var file map[string]struct {
		Variables map[string]string
		Script    []string
	}
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	job := file["nightly"]
	return recipe{name: "GitLab CI", shell: strings.Join(job.Script, "\n"), env: job.Variables}
}

func jenkinsRecipe(t *testing.T, text string) recipe {
	r := recipe{name: "Jenkins", env: map[string]string{}}
	if shell := regexp.MustCompile(`(?s)sh '''(.*?)'''`).FindStringSubmatch(text); shell != nil {
		r.shell = shell[1]
	}
	for _, variable := range regexp.MustCompile(`(BTCPAYCTL_\w+) = '([^']*)'`).FindAllStringSubmatch(text, -1) {
		r.env[variable[1]] = variable[2]
	}
	r.keyInFile = strings.Contains(text, "variable: 'BTCPAYCTL_API_KEY_FILE'")
	return r
}

// TestCIRecipes runs the shell part of each recipe of the documentation against
// a sandbox, as the CI system would, with a job that succeeds and one that fails.
func TestCIRecipes(t *testing.T) {
	t.Parallel()
	program := buildPlain(t)
	for _, r := range readRecipes(t) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(r.shell, "btcpayctl apikey exec") {
				t.Fatalf("the recipe has no shell part: %q", r.shell)
			}
			w, err := newWorld(t.Context(), sandbox.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(w.close)
			dir := t.TempDir()
			for code, script := range map[string]string{"0": nightly, "9": nightly + "exit 9\n"} {
				// No child of another test may hold the script open while it is executed.
				syscall.ForkLock.RLock()
				err := os.WriteFile(filepath.Join(dir, "nightly.sh"), []byte(script), 0o700)
				syscall.ForkLock.RUnlock()
				if err != nil {
					t.Fatal(err)
				}
				out, got := runRecipe(t, r, w, dir, program)
				if got != code {
					t.Fatalf("the job ended with exit code %s, not %s:\n%s", got, code, out)
				}
				if !strings.Contains(out, "allowed: btcpay.store.cancreateinvoice:"+w.server.Seed.StoreID) || !strings.Contains(out, "Revoked btcpayctl/env/") {
					t.Errorf("the job did not run with a key of its own:\n%s", out)
				}
				if strings.Contains(out, w.server.Seed.APIKey) {
					t.Errorf("the secret is in the log:\n%s", out)
				}
			}
			if labels, err := w.keyLabels(t.Context()); err != nil || len(labels) != 0 {
				t.Errorf("the sandbox still holds %q: %v", labels, err)
			}
		})
	}
}

// nightly is a job that looks at its key and sees nothing of the one that made it.
const nightly = `#!/bin/sh
env | grep -q '^BTCPAYCTL_API_KEY' && exit 50
[ -n "$BTCPAY_STORE" ] || exit 51
btcpayctl apikey current -o json --jq '.permissions[] | "allowed: " + .' || exit 52
if btcpayctl apikey create --for 'invoice list' --reveal --yes 2>/dev/null; then exit 53; fi
`

func runRecipe(t *testing.T, r recipe, w *world, dir, program string) (output, code string) {
	t.Helper()
	secrets := map[string]string{
		"BTCPAYCTL_SERVER": w.server.URL, "BTCPAYCTL_STORE": w.server.Seed.StoreID, "BTCPAYCTL_API_KEY": w.server.Seed.APIKey,
	}
	if r.keyInFile {
		delete(secrets, "BTCPAYCTL_API_KEY")
		secrets["BTCPAYCTL_API_KEY_FILE"] = filepath.Join(dir, "secret")
		if err := os.WriteFile(secrets["BTCPAYCTL_API_KEY_FILE"], []byte(w.server.Seed.APIKey+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{
		"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + dir,
		"RUNNER_TEMP=" + t.TempDir(), "TMPDIR=" + t.TempDir(), "CI=true",
	}
	for name, value := range r.env {
		if _, isSecret := secrets[name]; !isSecret {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range secrets {
		env = append(env, name+"="+value)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", r.shell)
	cmd.Dir, cmd.Env = dir, env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), strings.TrimPrefix(cmd.ProcessState.String(), "exit status ")
}
