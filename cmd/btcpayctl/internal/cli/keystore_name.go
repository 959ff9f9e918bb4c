package cli

// HelperPrefix begins stores that are programs of somebody else. They are not
// run where nobody should be asked.
const HelperPrefix = "helper:"

// Keeps tells whether a store keeps what is put into it.
func Keeps(spec string) bool { return spec != "env" && spec != "memory" }
