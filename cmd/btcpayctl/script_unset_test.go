package main

import (
	"reflect"
	"slices"
	"strings"
	"unsafe"

	"github.com/rogpeppe/go-internal/testscript"
)

// unset takes variables out of the script's environment. The command env can only
// make them empty, which is another thing here: a variable that is set and empty
// is an error. testscript has no way to do it, so its own list is changed.
func unset(ts *testscript.TestScript, neg bool, names []string) {
	if neg || len(names) == 0 {
		ts.Fatalf("usage: unset VARIABLE...")
	}
	list := reflect.ValueOf(ts).Elem().FieldByName("env")
	if !list.IsValid() || list.Type() != reflect.TypeFor[[]string]() {
		ts.Fatalf("testscript keeps its environment elsewhere now")
	}
	env := (*[]string)(unsafe.Pointer(list.UnsafeAddr()))
	for _, name := range names {
		ts.Setenv(name, "") // for what the script itself reads
		*env = slices.DeleteFunc(*env, func(entry string) bool { return strings.HasPrefix(entry, name+"=") })
	}
}
