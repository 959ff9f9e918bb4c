package keystore

import (
	"bytes"
	"context"
	"errors"
)

// CheckBackup tells whether each secret of a backup is the one that its name says,
// before any is stored: names follow from secrets, and a backup that names a
// merchant's key and holds another one decides who is paid. check judges one
// secret, and its errors, which must not hold it, are repeated. What it refuses
// makes the whole backup [ErrDamaged], and the error names the first such entry.
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

// A Restored tells what became of the entries of a backup, by name.
type Restored struct {
	Stored    []string // that were not there, or were replaced
	Same      []string // that were there already
	Conflicts []string // that are there with another content, and were left alone
}

// Restore puts the entries of a backup into a store and its index. What is
// there with another content, or cannot be read, is a conflict and left alone,
// but with replace. What the index says of a secret in this store stays, but for a
// server that it did not know. After an error it can be repeated. Whether an entry
// is what its name says, [CheckBackup] tells before.
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
	// Also what came before an error is in the store, and needs its name.
	if listing := index.Add(context.WithoutCancel(ctx), added...); err == nil {
		err = listing
	}
	return done, err
}

// restore brings back one entry, and takes down what became of it.
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
