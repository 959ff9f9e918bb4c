package root

import (
	"os"
	"syscall"
)

// helperName is what the stage calls its credential helper.
const helperName = "btcpayctl-test-helper"

// helperScript answers one request of docker's protocol, and has a file for each secret. A
// command starts it dozens of times, and a shell starts in a hundredth of the time that this
// test program takes with the race detector.
const helperScript = `#!/bin/sh
mkdir -p "${0%/*}/helped" && cd "${0%/*}/helped" || exit 1
field() {
	text=${input#*"\"$1\":\""}
	echo "${text%%\"*}"
}
file() { echo "$1" | tr / _; }
input=$(cat)
case $1 in
store) printf '%s' "$input" >"$(file "$(field ServerURL)")" ;;
erase) rm -f "$(file "$input")" ;;
get)
	cat "$(file "$input")" 2>/dev/null || {
		echo 'credentials not found in native keychain'
		exit 1
	}
	;;
list)
	before={
	for name in *; do
		if input=$(cat "$name" 2>/dev/null); then
			printf '%s"%s":"%s"' "$before" "$(field ServerURL)" "$(field Username)"
			before=,
		fi
	done
	[ "$before" = , ] || printf {
	echo }
	;;
esac
`

// helper puts a credential helper beside the stage, which keeps its secrets in files.
func (s *effectStage) helper() {
	if _, err := os.Stat("/bin/sh"); err != nil {
		s.t.Skipf("there is no shell here: %v", err)
	}
	s.file = s.path(helperName)
	// A process that another test starts meanwhile would hold the file open for writing, and
	// such a file cannot be executed.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(s.file, []byte(helperScript), 0o700); err != nil {
		s.t.Fatal(err)
	}
}
