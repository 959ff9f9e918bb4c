package keystore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/app"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/cli"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/operations"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/output"
	"github.com/btcpayctl/btcpayctl/cmd/btcpayctl/internal/profile"
	"github.com/btcpayctl/btcpayctl/keystore"
)

// A planned is an entry of the backup and what will be done with it.
type planned struct {
	keystore.BackupEntry
	home     string // the keystore that has it, or will have it
	result   string
	profiles []string
}

// plan looks up each secret where it should be, and changes nothing.
func (r *storeRestore) plan(ctx context.Context, entries []keystore.BackupEntry) ([]planned, error) {
	holdings, err := operations.Holdings(ctx, r.app)
	if err != nil {
		return nil, err
	}
	known := map[string]operations.SecretRef{}
	for _, h := range holdings {
		known[h.Name] = h
	}
	var plan []planned
	var differ []string
	for _, e := range entries {
		step := planned{BackupEntry: e, home: r.to, profiles: known[e.Name].Profiles}
		if home := known[e.Name].Keystore; home != "" {
			step.home = home
		}
		if err := r.compareStored(ctx, &step); err != nil {
			return nil, err
		}
		if step.result == "different" {
			differ = append(differ, e.Name)
		}
		plan = append(plan, step)
	}
	if len(differ) > 0 && !r.dryRun && !r.keep && !r.replace {
		return nil, &output.Error{Code: output.Failed, What: fmt.Sprintf("secrets that exist here with different content: %d, the first is %s", len(differ), differ[0]),
			Why: "Nothing was changed.", Next: "--keep keeps them and restores the rest, --replace replaces them"}
	}
	return plan, nil
}

// compareStored compares one secret with the one here. A keystore that cannot be read
// counts as empty if the command chose another target.
func (r *storeRestore) compareStored(ctx context.Context, step *planned) (err error) {
	if step.home != r.to && !r.gone[step.home] {
		step.result, err = r.compare(ctx, step)
		switch {
		case err == nil && step.result != "missing":
			return nil
		case err != nil && (!r.explicit || ctx.Err() != nil):
			return err
		case err != nil:
			r.gone[step.home] = true
			fmt.Fprintf(r.app.Err, "Note: keystore %s cannot be read, and is treated as empty: %s\n", step.home, output.VisibleLine(cli.Explain(ctx, err).What))
		}
	}
	step.home = r.to
	step.result, err = r.compare(ctx, step)
	return err
}

func (r *storeRestore) compare(ctx context.Context, step *planned) (string, error) {
	store, err := r.app.OpenKeystore(step.home)
	if err != nil {
		return "", err
	}
	there, err := store.Get(ctx, step.Name)
	defer clear(there)
	switch {
	case errors.Is(err, keystore.ErrNotFound):
		return "missing", nil
	case errors.Is(err, keystore.ErrDamaged):
		return "different", nil
	case err != nil:
		return "", err
	case bytes.Equal(there, step.Secret):
		return "same", nil
	}
	return "different", nil
}

// carryOut restores, and then updates the profiles. It can be repeated after an
// interruption.
func (r *storeRestore) carryOut(ctx context.Context, plan []planned) ([]planned, error) {
	stored, kept, err := r.restoreAll(ctx, plan)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for i, step := range plan {
		switch {
		case kept[step.Name]:
			plan[i].result = "kept"
		case stored[step.Name] && step.result == "different":
			plan[i].result = "replaced"
		case stored[step.Name]:
			plan[i].result = "restored"
		default:
			plan[i].result = "same"
		}
		counts[plan[i].result]++
	}
	fmt.Fprintf(r.app.Err, "Restored: %d, replaced: %d, already the same: %d, kept: %d.\n", counts["restored"], counts["replaced"], counts["same"], counts["kept"])
	if err := r.updateProfiles(ctx, plan); err != nil {
		return nil, err
	}
	r.nameUnused(plan)
	return plan, nil
}

// restoreAll restores one keystore after the other. It returns the names of the secrets
// that were written, and of those that were kept.
func (r *storeRestore) restoreAll(ctx context.Context, plan []planned) (stored, kept map[string]bool, err error) {
	index, err := r.app.Index()
	if err != nil {
		return nil, nil, err
	}
	byHome := map[string][]keystore.BackupEntry{}
	for _, step := range plan {
		byHome[step.home] = append(byHome[step.home], step.BackupEntry)
	}
	var asked atomic.Int64
	status := cli.StartCount(r.app, &asked, len(plan), "secrets")
	defer status.Stop()
	stored, kept = map[string]bool{}, map[string]bool{}
	for _, home := range slices.Sorted(maps.Keys(byHome)) {
		store, err := r.app.OpenKeystore(home)
		if err != nil {
			return nil, nil, err
		}
		done, err := keystore.Restore(ctx, byHome[home], counted{store, &asked}, home, index, r.replace)
		for _, name := range done.Stored {
			stored[name] = true
			r.app.Did(app.Effect{ID: name, What: name + " was restored to keystore " + home, Look: "btcpayctl keystore status"})
		}
		if err != nil {
			return nil, nil, err
		}
		for _, name := range done.Conflicts {
			kept[name] = true
		}
	}
	return stored, kept, nil
}

// nameUnused names keys that no profile uses, and the command that adds one to a profile.
func (r *storeRestore) nameUnused(plan []planned) {
	var next string
	unused := 0
	for _, step := range plan {
		kind, id, _ := strings.Cut(step.Name, "/")
		flag := map[string]string{"bitid": "--sin", "apikey": "--api-key-id"}[kind]
		if flag == "" || len(step.profiles) > 0 {
			continue
		}
		if unused++; next == "" {
			next = "btcpayctl profile set NAME " + flag + " " + id
		}
	}
	if unused > 0 {
		fmt.Fprintf(r.app.Err, "Keys that no profile uses: %d.\nNext: %s\n", unused, r.app.Hint(next))
	}
}

// updateProfiles makes profiles name the keystore that has their keys now.
func (r *storeRestore) updateProfiles(ctx context.Context, plan []planned) error {
	home := map[string]string{}
	for _, step := range plan {
		home[step.Name] = step.home
	}
	config, err := r.app.ReadConfig()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(config.Profiles)) {
		p := config.Profiles[name]
		stores := keystoresOf(p, home)
		switch {
		case len(stores) == 0 || slices.Equal(stores, []string{p.Keystore}):
			continue
		case len(stores) > 1:
			fmt.Fprintf(r.app.Err, "Note: the keys of profile %s are in two keystores, and it can use only those of %s.\nNext: %s\n",
				name, p.Keystore, "btcpayctl keystore move --from "+app.ShellWord(other(stores, p.Keystore))+" --to "+app.ShellWord(p.Keystore))
			continue
		}
		err := r.app.UpdateProfile(ctx, name, func(now *profile.Profile) error {
			if slices.Equal(keystoresOf(*now, home), stores) {
				now.Keystore = stores[0]
			}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(r.app.Err, "Profile %s now uses keystore %s.\n", name, stores[0])
	}
	return nil
}

// keystoresOf are the keystores that hold those secrets of a profile which the backup
// contains; none if it contains none.
func keystoresOf(p profile.Profile, home map[string]string) []string {
	var stores []string
	touched := false
	for _, name := range operations.SecretsOf(p) {
		if restored, ok := home[name]; ok {
			stores, touched = append(stores, restored), true
		} else {
			stores = append(stores, p.Keystore)
		}
	}
	if !touched {
		return nil
	}
	slices.Sort(stores)
	return slices.Compact(stores)
}

func other(stores []string, than string) string {
	return stores[max(slices.IndexFunc(stores, func(s string) bool { return s != than }), 0)]
}
