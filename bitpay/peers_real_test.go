package bitpay_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/keystore/keystoretest/programs"
)

// The files of testdata/peers once more, written anew by the peers' own libraries, which
// are not packages of Debian. To run these tests:
//
//	npm install --ignore-scripts --prefix /tmp/peers btcpay bitauth
//	BTCPAYCTL_TEST_NODE_MODULES=/tmp/peers/node_modules go test -run PeersReal ./bitpay
//
// with Node 20, since later ones lack the cipher of bitauth, and
//
//	BTCPAYCTL_TEST_PHP_CLIENTS=DIR go test -run PeersReal ./bitpay
//
// with the sources of bitpay/php-bitpay-client, bitpay/bitpay-php-keyutils and
// btcpayserver/btcpayserver-php-client in one directory, of which PHP needs gmp or bcmath.

// A freshKey is a key of which a library wrote Data.
type freshKey struct {
	Data      string `json:"Data"`
	SIN       string `json:"SIN"`
	Password  string `json:"Password"`
	Signature string `json:"Signature"`
}

// runPeer returns the keys that a script prints.
func runPeer(t *testing.T, program programs.Program, variable string, args ...string) []freshKey {
	t.Helper()
	folder := os.Getenv(variable)
	if folder == "" {
		t.Skipf("%s names no directory with the libraries", variable)
	}
	cmd := exec.CommandContext(t.Context(), program.Need(t), args...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+folder, "NODE_NO_WARNINGS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var keys []freshKey
	if err := json.Unmarshal(out, &keys); err != nil {
		t.Fatalf("%v: %.200s", err, out)
	}
	return keys
}

const signedByPeers = "https://btcpay.example.com/invoices"

func checkPeer(t *testing.T, keys []freshKey) {
	t.Helper()
	odd := 0
	for _, key := range keys {
		imported, err := bitpay.ParsePrivateKey([]byte(key.Data))
		if key.Password != "" {
			imported, err = bitpay.ParseEncryptedPrivateKey([]byte(key.Data), []byte(key.Password))
		}
		id := imported.Identity
		if choice, ok := errors.AsType[*bitpay.AmbiguousKeyError](err); ok {
			odd++
			id, err = choice.Choose(key.SIN), nil
		}
		if err != nil || id == nil || id.SIN() != key.SIN {
			t.Errorf("%s: %v, %v", key.SIN, id, err)
			continue
		}
		if key.Signature != "" {
			if err := id.Public().Verify([]byte(signedByPeers), key.Signature); err != nil {
				t.Errorf("%s: its signature: %v", key.SIN, err)
			}
		}
	}
	t.Logf("%d keys, %d with an odd count of digits", len(keys), odd)
}

func TestPeersRealNode(t *testing.T) {
	checkPeer(t, runPeer(t, programs.Node, "BTCPAYCTL_TEST_NODE_MODULES", "-e", `
const { crypto } = require('btcpay'), bitauth = require('bitauth'), keys = [], message = '`+signedByPeers+`';
for (let i = 0; i < 300; i++) {
	const key = crypto.generate_keypair(), SIN = crypto.get_sin_from_key(key), Signature = crypto.sign(message, key).toString('hex');
	keys.push({ Data: key.getPrivate('hex'), SIN, Signature }, { Data: key.getPrivate().toString('hex'), SIN });
	const read = crypto.load_keypair(Buffer.from(key.getPrivate().toString('hex'), 'hex'));
	keys.push({ Data: key.getPrivate().toString('hex'), SIN: crypto.get_sin_from_key(read) });
}
for (const Password of ['', 'satoshi', 'é and more than sixteen bytes']) {
	const made = bitauth.generateSin(), SIN = made.sin;
	keys.push({ Data: bitauth.encrypt(Password, made.priv), SIN, Password, Signature: bitauth.sign(message, made.priv).toString('hex') }, { Data: JSON.stringify(made), SIN });
}
console.log(JSON.stringify(keys));`))
}

func TestPeersRealPHP(t *testing.T) {
	script := filepath.Join(t.TempDir(), "peers.php")
	if err := os.WriteFile(script, []byte(`<?php
error_reporting(E_ERROR);
spl_autoload_register(function ($class) {
	foreach (glob($_SERVER['argv'][1] . '/*/src') as $source) {
		$file = $source . '/' . str_replace('\\', '/', $class) . '.php';
		if (is_file($file)) require_once $file;
	}
});
$keys = [];
foreach ([['Bitpay\\', 'Bitpay\\Storage\\'], ['BTCPayServer\\', 'BTCPayServer\\Storage\\'], ['BitPayKeyUtils\\KeyHelper\\', 'BitPayKeyUtils\\Storage\\']] as [$helper, $storage]) {
	foreach ([null, 'satoshi', 'é and more than sixteen bytes'] as $password) {
		$private = $helper . 'PrivateKey';
		$key = new $private($_SERVER['argv'][2]);
		$key->generate();
		$class = $storage . ($password === null ? 'FilesystemStorage' : 'EncryptedFilesystemStorage');
		(new $class($password))->persist($key);
		$keys[] = ['Data' => file_get_contents($_SERVER['argv'][2]), 'Password' => (string)$password,
			'SIN' => (string)$key->getPublicKey()->getSin(), 'Signature' => $key->sign('`+signedByPeers+`')];
	}
}
echo json_encode($keys);
`), 0o600); err != nil {
		t.Fatal(err)
	}
	keys := runPeer(t, programs.PHP, "BTCPAYCTL_TEST_PHP_CLIENTS", script, os.Getenv("BTCPAYCTL_TEST_PHP_CLIENTS"), filepath.Join(t.TempDir(), "key"))
	if len(keys) != 9 {
		t.Fatalf("%d keys", len(keys))
	}
	checkPeer(t, keys)
}
