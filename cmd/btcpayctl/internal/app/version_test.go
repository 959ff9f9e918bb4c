package app

import (
	"runtime/debug"
	"testing"
)

// TestBuildVersion goes through what the Go tool writes into a program, by how
// it was built.
func TestBuildVersion(t *testing.T) {
	t.Parallel()
	const revision = "63c997b0000000000000000000000000000000aa"
	stamped := func(version, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: []debug.BuildSetting{
			{Key: "CGO_ENABLED", Value: "0"}, {Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: revision},
			{Key: "vcs.time", Value: "2026-11-29T12:00:00Z"}, {Key: "vcs.modified", Value: modified},
		}}
	}
	module := func(version string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: version}} }
	const pseudo = "v0.0.0-20261129120000-63c997b00000"
	for name, c := range map[string]struct {
		version, commit         string // given to the linker
		info                    *debug.BuildInfo
		wantVersion, wantCommit string
	}{
		"go install of a release":        {"", "", module("v1.2.3"), "v1.2.3", ""},
		"go install of a commit":         {"", "", module(pseudo), pseudo, ""},
		"go build at a tag":              {"", "", stamped("v1.2.3", "false"), "v1.2.3", revision},
		"go build after a tag":           {"", "", stamped("v1.2.4-0.20261129120000-63c997b00000", "false"), "v1.2.4-0.20261129120000-63c997b00000", revision},
		"go build, shallow clone":        {"", "", stamped(pseudo, "false"), pseudo, revision},
		"go build, dirty tree":           {"", "", stamped(pseudo+"+dirty", "true"), pseudo + "+dirty", revision},
		"go build, archive without .git": {"", "", module("(devel)"), "devel", ""},
		"go build -buildvcs=false":       {"", "", module("(devel)"), "devel", ""},
		"go test":                        {"", "", module(""), "devel", ""},
		"no build information":           {"", "", nil, "devel", ""},
		"make build":                     {"v1.2.3-4-g63c997b", "abc", module("(devel)"), "v1.2.3-4-g63c997b", "abc"},
		"make build without git":         {"devel", "", module("(devel)"), "devel", ""},
		"only the version is linked":     {"v9.9.9", "", stamped(pseudo, "false"), "v9.9.9", revision},
		"both":                           {"v9.9.9", "abc", stamped(pseudo, "false"), "v9.9.9", "abc"},
	} {
		version, commit := buildVersion(c.version, c.commit, c.info)
		if version != c.wantVersion || commit != c.wantCommit {
			t.Errorf("%s: %q %q, want %q %q", name, version, commit, c.wantVersion, c.wantCommit)
		}
	}
}
