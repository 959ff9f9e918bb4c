package webhook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A mark is what the log keeps of an event.
type mark [16]byte

func markOf(event string) mark {
	sum := sha256.Sum256([]byte(event))
	return mark(sum[:16])
}

// A handledLog is the events that were handled, in one file for each month to which every
// process appends.
type handledLog struct {
	path string

	mu    sync.Mutex
	known map[mark]struct{}
	// read is how much of each file was read.
	read map[string]int64

	commit sync.Mutex
	// batch is what is written next, for those that wait.
	batch   []byte
	waiting []chan error
	writing bool
	// synced is the last file whose entry in the directory this process knows to be on disk.
	synced string
}

const logLayout = "2006-01.log"

func logName(t time.Time) string { return t.UTC().Format(logLayout) }

func isLog(name string) bool {
	t, err := time.Parse(logLayout, name)
	return err == nil && logName(t) == name
}

func (l *handledLog) init(path string) {
	l.path, l.known, l.read = path, map[mark]struct{}{}, map[string]int64{}
}

func (l *handledLog) has(m mark) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.known[m]
	return ok
}

// refresh reads what was appended since the last call, by any process.
func (l *handledLog) refresh(root *os.Root) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, err := entries(root, logDir)
	if err != nil {
		return err
	}
	for _, entry := range found {
		if !isLog(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // pruned since
		}
		if err == nil && !info.Mode().IsRegular() {
			err = &fs.PathError{Op: "open", Path: filepath.Join(l.path, logDir, entry.Name()), Err: errors.New("it is not a regular file")}
		}
		if err != nil {
			return err
		}
		if info.Size() < l.read[entry.Name()] {
			l.read[entry.Name()] = 0 // restored from a copy
		}
		if info.Size() > l.read[entry.Name()] {
			if err := l.readFile(root, entry.Name()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *handledLog) readFile(root *os.Root, name string) error {
	f, err := root.Open(filepath.Join(logDir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	buffer := make([]byte, 64<<10)
	kept := 0
	for {
		n, err := f.ReadAt(buffer[kept:], l.read[name]+int64(kept))
		data := buffer[:kept+n]
		end := bytes.LastIndexByte(data, '\n') + 1
		for line := range bytes.Lines(data[:end]) {
			if m, ok := parseLine(line); ok {
				l.known[m] = struct{}{}
			}
		}
		if end == 0 && len(data) == len(buffer) {
			end = len(data) // no line is so long
		}
		l.read[name] += int64(end)
		kept = copy(buffer, data[end:])
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// A line is the time in unix seconds, the mark and a checksum of both. Each is written
// behind a line break too, so that what a full disk or a power cut left of another line
// does not spoil it.
func appendLine(batch []byte, m mark, now time.Time) []byte {
	text := fmt.Sprintf("%d %x", now.Unix(), m[:])
	return fmt.Appendf(batch, "\n%s %08x\n", text, crc32.ChecksumIEEE([]byte(text)))
}

func parseLine(line []byte) (m mark, ok bool) {
	text, sum, ok := cutLast(bytes.TrimSuffix(line, []byte("\n")))
	if !ok || string(sum) != fmt.Sprintf("%08x", crc32.ChecksumIEEE(text)) {
		return m, false
	}
	_, digits, ok := cutLast(text)
	if !ok || len(digits) != hex.EncodedLen(len(m)) {
		return m, false
	}
	_, err := hex.Decode(m[:], digits)
	return m, err == nil
}

func cutLast(text []byte) (before, after []byte, found bool) {
	at := bytes.LastIndexByte(text, ' ')
	if at < 0 {
		return nil, nil, false
	}
	return text[:at], text[at+1:], true
}

// add returns when the mark is on disk. Callers that come while the disk is busy share the
// next write.
func (l *handledLog) add(m mark) error {
	done := make(chan error, 1)
	l.commit.Lock()
	l.batch = appendLine(l.batch, m, time.Now())
	l.waiting = append(l.waiting, done)
	if !l.writing {
		l.writing = true
		go l.write()
	}
	l.commit.Unlock()
	return <-done
}

func (l *handledLog) write() {
	for {
		l.commit.Lock()
		batch, waiting := l.batch, l.waiting
		l.batch, l.waiting = nil, nil
		if len(waiting) == 0 {
			l.writing = false
			l.commit.Unlock()
			return
		}
		l.commit.Unlock()
		err := l.append(batch)
		for _, done := range waiting {
			done <- err
		}
	}
}

// append opens the file each time: another process may have pruned it, and the month may
// have ended.
func (l *handledLog) append(batch []byte) error {
	root, err := openDir(l.path)
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.Join(logDir, logName(time.Now()))
	if info, err := root.Lstat(name); err == nil && !info.Mode().IsRegular() {
		return &fs.PathError{Op: "open", Path: filepath.Join(l.path, name), Err: errors.New("it is not a regular file")}
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(batch)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil || l.synced == name {
		return err
	}
	// The file may be new, or one that a process created that was killed.
	if err := syncDir(root, logDir); err != nil {
		return err
	}
	l.synced = name
	return nil
}
