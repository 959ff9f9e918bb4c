// Package output writes the output of commands: records on standard output in the chosen
// format, and failures on standard error with the exit code that belongs to them.
//
// # Records
//
// A command describes its records once, as a [View]: the columns of the table and the name
// of a record. The JSON document is the record itself. [One] prints a single record, [List]
// a sequence of them; the [Printer] they take knows the format. Nothing is written to
// standard output before a record is complete in memory, so a call that fails prints
// nothing there.
//
// Tables, jsonl, names and templates are written while records arrive, with the same little
// memory for ten rows and for a million. JSON and YAML are single documents, and are held
// back until they are complete.
//
// # Text that a server sent
//
// Control characters, bidirectional overrides and invisible characters can make a terminal
// show false text, or run commands. [Visible] turns them into escapes. Every format is
// safe: in JSON and YAML the escapes are those of the language, so a program still reads
// the original text.
//
// # Failures
//
// [Failures] is the one table of failure codes and exit codes. An [Error] has a code from
// it, and says what happened, why, and what to type next.
package output
