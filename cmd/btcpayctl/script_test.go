package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// TestScripts runs what a user could type. UPDATE_SCRIPTS=1 writes what was
// printed into the scripts in place of comparing it.
//
// A program with the race detector needs a tenth of a second to start, and the
// scripts start a thousand, so they run one without it. BTCPAYCTL_TEST_RACE=1
// runs the one with it.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the inner loop: it starts the program a thousand times")
	}
	if os.Getenv("BTCPAYCTL_TEST_RACE") == "" {
		t.Setenv("PATH", filepath.Dir(buildPlain(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are %d scripts: %v", len(files), err)
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup:               setUpScript,
		Cmds:                scriptCommands,
		Condition:           scriptCondition,
	})
}

// setUpScript gives each script a home of its own, with a keystore that opens
// without a passphrase.
func setUpScript(env *testscript.Env) error {
	for name, dir := range map[string]string{
		"HOME": "home", "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_STATE_HOME": "state",
	} {
		path := filepath.Join(env.WorkDir, dir)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return err
		}
		env.Setenv(name, path)
	}
	env.Setenv("BTCPAYCTL_KEYSTORE", "file")
	env.Setenv("BTCPAYCTL_IDENTITY_FILE", filepath.Join(env.WorkDir, "home", "identity"))
	// Stores work here, however long it takes them on a busy machine.
	env.Setenv("BTCPAYCTL_KEYSTORE_TIMEOUT", patience.String())
	env.Setenv("BTCPAYCTL_TIMEOUT", patience.String())
	env.Values[stageKey{}] = newStage(env)
	return nil
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":   exits,
	"normal":  normal,
	"capture": capture,
	"mode":    mode,

	"start":  startJob,
	"await":  awaitJob,
	"signal": signalJob,
	"finish": finishJob,

	"sandbox": startSandbox,
	"upgrade": upgradeSandbox,
	"effect":  changeAccount,
	"faults":  startFaults,
	"human":   actHuman,
	"pay":     pay,
	"mine":    mine,
	"advance": advance,
	"store":   makeStore,

	"line":    putLine,
	"user":    makeUser,
	"member":  setMember,
	"grant":   grant,
	"keys":    countKeys,
	"deliver": deliver,

	"dialogue": dialogue,
	"mint":     mintKey,
	"allkeys":  countAllKeys,
	"need":     need,

	"endwatchers": killWatchers,
	"unset":       unset,
}

func scriptCondition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "tty":
		return haveTerminals, nil
	}
	return false, fmt.Errorf("there is no condition %s", name)
}

// need skips the script where a program is missing, and fails it under CI=true:
//
//	need bash
func need(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: need PROGRAM")
	}
	for _, p := range programs.All() {
		if slices.Contains(p.Names, args[0]) {
			p.Need(scriptT{T: stageOf(ts).t})
			return
		}
	}
	ts.Fatalf("programs.All() has no program %s", args[0])
}

// scriptT is a script's test for code that takes a testing.TB.
type scriptT struct {
	testing.TB // nil: only what is below can be called
	testscript.T
}

func (t scriptT) Helper()           {}
func (t scriptT) Skip(args ...any)  { t.T.Skip(args...) }
func (t scriptT) Fatal(args ...any) { t.T.Fatal(args...) }
func (t scriptT) Log(args ...any)   { t.T.Log(args...) }
func (t scriptT) FailNow()          { t.T.FailNow() }
