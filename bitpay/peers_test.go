package bitpay_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
)

// A peerFile is a key file that another program wrote; see testdata/peers/manifest.json.
type peerFile struct {
	SIN      string `json:"sin"`
	Or       string `json:"or"`
	Password string `json:"password"`
	File     string `json:"file"`
	Error    string `json:"error"`
}

func peerFiles(t *testing.T) map[string]peerFile {
	t.Helper()
	var manifest struct {
		Files map[string]peerFile `json:"files"`
	}
	data, err := os.ReadFile("testdata/peers/manifest.json")
	if err == nil {
		err = json.Unmarshal(data, &manifest)
	}
	if err != nil || len(manifest.Files) < 40 {
		t.Fatal(len(manifest.Files), err)
	}
	return manifest.Files
}

// readPeer reads a file as the command does.
func readPeer(t *testing.T, name string, file peerFile) *bitpay.Identity {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/peers", name))
	if err != nil {
		t.Fatal(err)
	}
	imported, err := bitpay.ParsePrivateKey(data)
	if file.Password != "" {
		if !errors.Is(err, bitpay.ErrKeyEncrypted) || imported.Identity != nil {
			t.Errorf("without its password: %v, %v", imported.Identity, err)
		}
		for _, wrong := range []string{"", "x", "y" + file.Password} {
			if imported, err := bitpay.ParseEncryptedPrivateKey(data, []byte(wrong)); !errors.Is(err, bitpay.ErrKeyPassphrase) || imported.Identity != nil {
				t.Errorf("with the password %q: %v, %v", wrong, imported.Identity, err)
			}
		}
		imported, err = bitpay.ParseEncryptedPrivateKey(data, []byte(file.Password))
	}
	if other, ok := errors.AsType[*bitpay.KeyFileError](err); ok && file.File != "" {
		if filepath.Base(other.Path) != file.File || other.Passphrase.Reveal() != "" {
			t.Errorf("the key is in %v", other)
		}
		return readPeer(t, filepath.Join(filepath.Dir(name), file.File), peerFile{SIN: file.SIN})
	}
	if choice, ok := errors.AsType[*bitpay.AmbiguousKeyError](err); ok && file.Or != "" {
		if len(choice.Readings) != 2 || choice.Choose(file.Or) == nil || choice.Choose(bitpay.Generate().SIN()) != nil || !errors.Is(err, bitpay.ErrKeyHex) {
			t.Errorf("%v", choice)
		}
		return choice.Choose(file.SIN)
	}
	if err != nil {
		t.Fatal(err)
	}
	if imported.Format == "" {
		t.Error("it has no format")
	}
	return imported.Identity
}

// Each file of a peer is read as the key that the peer has, and the server accepts its
// signature.
func TestPeersFiles(t *testing.T) {
	files := peerFiles(t)
	w := newWorld(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := files[name]
		t.Run(name, func(t *testing.T) {
			if file.Error != "" {
				data, err := os.ReadFile(filepath.Join("testdata/peers", name))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := bitpay.ParsePrivateKey(data); !errors.Is(err, bitpay.ErrKeyCipher) {
					t.Errorf("%v", err)
				}
				return
			}
			id := readPeer(t, name, file)
			if id.SIN() != file.SIN {
				t.Fatalf("got %s, the peer has %s", id.SIN(), file.SIN)
			}
			tokens, err := w.client(id).Tokens(t.Context())
			if err != nil && !errors.Is(err, bitpay.ErrNotPaired) || len(tokens) != 0 {
				t.Errorf("the server says %v, %v", tokens, err)
			}
		})
	}
}

// A key that was paired with its uncompressed public key is another account. Its token works
// only in that form.
func TestUncompressedIdentity(t *testing.T) {
	w := newWorld(t)
	short := bitpay.Generate()
	id := short.Uncompressed()
	if id.SIN() == short.SIN() || len(id.PublicKey()) != 130 || !id.IsUncompressed() || short.IsUncompressed() {
		t.Fatalf("%s %s", id.SIN(), id.PublicKey())
	}
	for _, from := range []*bitpay.Identity{short, id, id.Uncompressed()} {
		for _, sin := range []string{short.SIN(), id.SIN()} {
			if got, ok := from.ForSIN(sin); !ok || got.SIN() != sin || got.Hex().Reveal() != short.Hex().Reveal() {
				t.Errorf("%v for %s: %v", from, sin, got)
			}
		}
		if got, ok := from.ForSIN(bitpay.Generate().SIN()); ok {
			t.Errorf("got %v for another key", got)
		}
	}
	c := w.client(id)
	pairing, err := c.RequestPairing(t.Context(), bitpay.PairingRequest{StoreID: bitpay.StoreID(w.server.Seed.StoreID)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.owner.Approve(t.Context(), pairing.ApproveURL, w.server.Seed.StoreID); err != nil {
		t.Fatal(err)
	}
	if tokens, err := c.Tokens(t.Context()); err != nil || len(tokens) != 1 {
		t.Errorf("paired: %v, %v", tokens, err)
	}
	if tokens, err := w.client(short).Tokens(t.Context()); err != nil && !errors.Is(err, bitpay.ErrNotPaired) || len(tokens) != 0 {
		t.Errorf("the compressed form is paired, too: %v, %v", tokens, err)
	}
	// It comes back from WIF, which is the only form that says so, and can be chosen.
	imported, err := bitpay.ParsePrivateKey([]byte(id.WIF(false).Reveal()))
	if err != nil || imported.Identity.SIN() != short.SIN() || len(imported.Others) != 1 || imported.Others[0].Identity.SIN() != id.SIN() || imported.Warning == "" {
		t.Errorf("%+v, %v", imported, err)
	}
	id.Destroy()
	if _, err := w.client(short).Tokens(t.Context()); errors.Is(err, bitpay.ErrDestroyed) {
		t.Error("wiping one form wiped the other")
	}
	if _, err := w.client(id.Uncompressed()).Tokens(t.Context()); !errors.Is(err, bitpay.ErrDestroyed) {
		t.Error(err)
	}
}
