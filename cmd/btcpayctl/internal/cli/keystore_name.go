package cli

// HelperPrefix begins keystores that are other programs. They are not run if no
// question may be asked.
const HelperPrefix = "helper:"

// Keeps reports whether a store keeps what is put into it.
func Keeps(spec string) bool { return spec != "env" && spec != "memory" }
