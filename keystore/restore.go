package keystore

import (
	"bytes"
	"context"
	"errors"
)

// CheckBackup checks that each secret of a backup is the one that its name says, before any
// is stored. Names are derived from secrets, and a backup with another key under a
// merchant's name decides who is paid. check checks one secret; its errors are repeated and
// must not contain the secret. If it refuses one, CheckBackup returns [ErrDamaged] with the
// first such entry.
func CheckBackup(entries []BackupEntry, check func(name string, secret []byte) error) error {
	for _, e := range entries {
		err := check(e.Name, e.Secret)
		if err == nil {
			continue
		}
		return &Error{Backend: "backup", Op: "read", Name: e.Name, Err: misplaced(err),
			Hint: "use another backup, and ask who could write to this one; nothing was changed"}
	}
	return nil
}

// A Restored lists what happened to the entries of a backup, by name.
type Restored struct {
	Stored    []string // missing before, or replaced
	Same      []string // already there
	Conflicts []string // there with different content, and left alone
}

// Restore puts the entries of a backup into a store and its index. A secret that exists
// with different content, or cannot be read, is a conflict and left alone, unless replace
// is set. The index entry of a secret in this store is kept, except that an unknown server
// is filled in. After an error, Restore can be repeated. It does not check that entries are
// what their names say; [CheckBackup] does.
func Restore(ctx context.Context, entries []BackupEntry, to Store, keystore string, index *Index, replace bool) (Restored, error) {
	known, err := index.List(ctx)
	if err != nil {
		return Restored{}, err
	}
	listed := map[string]Entry{}
	for _, k := range known {
		listed[k.Name] = k
	}
	var done Restored
	var added []Entry
	for _, e := range entries {
		var conflict bool
		if conflict, err = done.restore(ctx, e, to, replace); err != nil {
			break
		}
		k, ok := listed[e.Name]
		complete := ok && k.Keystore == keystore && (k.Server != "" || e.Server == "")
		if !conflict && !complete {
			e.Entry.Keystore = keystore
			added = append(added, e.Entry)
		}
	}
	// Secrets restored before an error are in the store as well, and need their names.
	if listing := index.Add(context.WithoutCancel(ctx), added...); err == nil {
		err = listing
	}
	return done, err
}

// restore restores one entry, and notes the result.
func (done *Restored) restore(ctx context.Context, e BackupEntry, to Store, replace bool) (conflict bool, err error) {
	there, err := to.Get(ctx, e.Name)
	defer clear(there)
	switch {
	case err == nil && bytes.Equal(there, e.Secret):
		done.Same = append(done.Same, e.Name)
		return false, nil
	case err == nil, errors.Is(err, ErrDamaged):
		if !replace {
			done.Conflicts = append(done.Conflicts, e.Name)
			return true, nil
		}
	case !errors.Is(err, ErrNotFound):
		return false, err
	}
	if err := to.Put(ctx, e.Name, e.Secret); err != nil {
		return false, err
	}
	done.Stored = append(done.Stored, e.Name)
	return false, nil
}
