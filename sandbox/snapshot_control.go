package sandbox

import (
	"context"
	"time"
)

// snapshotRecord is how control answers a snapshot.
type snapshotRecord struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Bytes int       `json:"bytes"`
}

// controlReset answers the [Seed], which an old state file may not keep.
func (s *Sandbox) controlReset(_ context.Context, body []byte) (any, error) {
	if err := readControl(body, &struct{}{}); err != nil {
		return nil, err
	}
	if err := s.Reset(); err != nil {
		return nil, err
	}
	if seed := s.Seed(); seed != (Seed{}) {
		return seedRecord(seed), nil
	}
	return struct{}{}, nil
}

func readSnapshotName(body []byte) (string, error) {
	var ask struct {
		Name string `json:"name"`
	}
	err := readControl(body, &ask)
	return ask.Name, err
}

func (s *Sandbox) controlSnapshotSave(_ context.Context, body []byte) (any, error) {
	return withSnapshot(body, s.SaveSnapshot)
}

func (s *Sandbox) controlSnapshotRestore(_ context.Context, body []byte) (any, error) {
	return withSnapshot(body, s.RestoreSnapshot)
}

func withSnapshot(body []byte, do func(name string) (Snapshot, error)) (any, error) {
	name, err := readSnapshotName(body)
	if err != nil {
		return nil, err
	}
	done, err := do(name)
	return snapshotRecord(done), err
}

func (s *Sandbox) controlSnapshotRemove(_ context.Context, body []byte) (any, error) {
	name, err := readSnapshotName(body)
	if err != nil {
		return nil, err
	}
	return struct{}{}, s.RemoveSnapshot(name)
}

func (s *Sandbox) controlSnapshotList(_ context.Context, body []byte) (any, error) {
	if err := readControl(body, &struct{}{}); err != nil {
		return nil, err
	}
	list, err := s.Snapshots()
	if err != nil {
		return nil, err
	}
	records := []snapshotRecord{}
	for _, one := range list {
		records = append(records, snapshotRecord(one))
	}
	return records, nil
}
