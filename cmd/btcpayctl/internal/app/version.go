package app

import "runtime/debug"

// develVersion is the version of a build that knows no better, such as one from
// an archive of the source.
const develVersion = "devel"

// buildVersion is the version and the commit of the program. What the linker was
// given takes precedence. Then counts what the Go tool wrote into the program:
// the version of the module for `go install MODULE@VERSION`, and the state of the
// checkout for `go build`.
func buildVersion(version, commit string, info *debug.BuildInfo) (string, string) {
	if info == nil {
		info = &debug.BuildInfo{}
	}
	if version == "" {
		version = develVersion
		if v := info.Main.Version; v != "" && v != "(devel)" {
			version = v
		}
	}
	if commit == "" {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				commit = setting.Value
			}
		}
	}
	return version, commit
}
