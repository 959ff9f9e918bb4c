package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs what a user could type. UPDATE_SCRIPTS=1 writes what was
// printed into the scripts in place of comparing it.
//
// A program with the race detector needs a tenth of a second to start, and the
// scripts start a thousand, so they run one without it. BTCPAYCTL_TEST_RACE=1
// runs the one with it.
func TestScripts(t *testing.T) {
	if os.Getenv("BTCPAYCTL_TEST_RACE") == "" {
		t.Setenv("PATH", filepath.Dir(buildPlain(t))+string(os.PathListSeparator)+os.Getenv("PATH"))
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
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
	env.Values[stageKey{}] = newStage(env)
	return nil
}

var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":   exits,
	"normal":  normal,
	"capture": capture,

	"start":  startJob,
	"await":  awaitJob,
	"signal": signalJob,
	"finish": finishJob,

	"sandbox": startSandbox,
	"faults":  startFaults,
	"human":   actHuman,
	"pay":     pay,
	"mine":    mine,
	"advance": advance,
	"store":   makeStore,

	"line":    putLine,
	"user":    makeUser,
	"keys":    countKeys,
	"deliver": deliver,

	"dialogue": dialogue,
	"unset":    unset,
}

func scriptCondition(name string) (bool, error) {
	switch name {
	case "root":
		return os.Geteuid() == 0, nil
	case "tty":
		return haveTerminals, nil
	}
	return false, nil
}
