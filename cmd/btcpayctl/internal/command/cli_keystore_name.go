package command

// helperPrefix begins stores that are programs of somebody else. They are not
// run where nobody should be asked.
const helperPrefix = "helper:"

// keeps tells whether a store keeps what is put into it.
func keeps(spec string) bool { return spec != "env" && spec != "memory" }
