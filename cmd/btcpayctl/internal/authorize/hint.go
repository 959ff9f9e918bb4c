package authorize

import (
	"fmt"
	"net/url"
	"os"
	"strings"
)

// renamed is what a request shows that knew the nonce and came under another
// host name.
const renamed = "The request used another host name than the page was given: a proxy between the browser and this machine changes it."

// hints say what may keep the browser from reaching the listener, fit for where
// the program runs.
func hints(getenv func(string) string, server string, port int, misdirected bool) []string {
	if misdirected {
		return []string{"The browser has sent the key. " + renamed, "Run the same command with --callback-host NAME."}
	}
	lines := []string{"No key has been received yet."}
	u, err := url.Parse(server)
	switch connection := strings.Fields(getenv("SSH_CONNECTION")); {
	case err == nil && strings.HasSuffix(u.Hostname(), ".onion"):
		lines = append(lines, "Tor Browser sends nothing to this machine. Stop with Ctrl-C, and run the same command with --paste.")
	case len(connection) == 4 || getenv("SSH_TTY") != "" || getenv("SSH_CLIENT") != "":
		host := "this-machine"
		if len(connection) == 4 {
			host = connection[2]
		}
		if user := getenv("USER"); user != "" {
			host = user + "@" + host
		}
		lines = append(lines, "Over SSH, a browser on your machine reaches this one through a tunnel. In another terminal there:",
			fmt.Sprintf("  ssh -N -L %d:127.0.0.1:%d %s", port, port, host), "and then press the page's button again. Or run the same command with --paste.")
	case getenv("WSL_DISTRO_NAME") != "" || getenv("WSL_INTEROP") != "":
		lines = append(lines, fmt.Sprintf("In WSL, a browser of Windows may not reach port %d of Linux. Forward a fixed one and give it with --port,", port),
			"or run the same command with --paste.")
	case getenv("container") != "" || anyExists("/.dockerenv", "/run/.containerenv"):
		lines = append(lines, "In a container, a browser outside does not reach the loopback address. Run the same command with --paste,",
			"or with the network of the host.")
	default:
		lines = append(lines, "Is the browser on this machine? If not, run the same command with --paste. Cancel on the page sends nothing.")
	}
	return lines
}

func anyExists(paths ...string) bool {
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}
