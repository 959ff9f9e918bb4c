package bitpay

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"pgregory.net/rapid"
)

// scalars are those at the edges of the order, of the digits and of the sum's last step.
func scalars() []btcec.ModNScalar {
	var all []btcec.ModNScalar
	add := func(k btcec.ModNScalar) {
		if !k.IsZero() {
			all = append(all, k, *new(btcec.ModNScalar).NegateVal(&k))
		}
	}
	// n-2, n-6, … n-30 add a point to itself in the last step.
	for i := range uint32(40) {
		add(*new(btcec.ModNScalar).SetInt(i))
	}
	two := new(btcec.ModNScalar).SetInt(2)
	power := new(btcec.ModNScalar).SetInt(1)
	for range 255 {
		power.Mul(two)
		one := new(btcec.ModNScalar).SetInt(1)
		add(*power)
		add(*new(btcec.ModNScalar).Add2(power, one))
		add(*one.Negate().Add(power))
	}
	for b := range 256 { // each digit in each place
		var k btcec.ModNScalar
		k.SetByteSlice(bytes.Repeat([]byte{byte(b)}, 32))
		add(k)
	}
	half := new(btcec.ModNScalar).InverseValNonConst(two)
	add(*half)
	add(*half.Add(two))
	return all
}

func sameProduct(k *btcec.ModNScalar) bool {
	var got, want btcec.JacobianPoint
	baseMultByWindow(k, &got)
	btcec.ScalarBaseMultNonConst(k, &want)
	want.ToAffine()
	return got.X.Equals(&want.X) && got.Y.Equals(&want.Y) && got.Z.IsOne()
}

func TestBaseMultEdges(t *testing.T) {
	for _, k := range scalars() {
		before := k
		if !sameProduct(&k) {
			t.Errorf("k·G differs from btcec's for k = %v", k)
		}
		if !k.Equals(&before) {
			t.Errorf("the scalar %v was changed", before)
		}
	}
}

func TestBaseMult(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if k := randomScalar(t, "k"); !sameProduct(&k) {
			t.Fatalf("k·G differs from btcec's for k = %v", k)
		}
	})
}

func randomScalar(t *rapid.T, label string) (k btcec.ModNScalar) {
	k.SetByteSlice(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, label))
	if k.IsZero() {
		k.SetInt(1)
	}
	return k
}

// TestOddMultiples looks at the constants by themselves: no scalar reaches one alone.
func TestOddMultiples(t *testing.T) {
	for h, got := range oddMultiples() {
		k := new(btcec.ModNScalar).SetInt(uint32(max(2*h-15, 15-2*h)))
		if 2*h < 15 {
			k.Negate()
		}
		var want btcec.JacobianPoint
		btcec.ScalarBaseMultNonConst(k, &want)
		want.ToAffine()
		if !got.X.Equals(&want.X) || !got.Y.Equals(&want.Y) || !got.Z.IsOne() {
			t.Errorf("the multiple %d is wrong", 2*h-15)
		}
	}
}

// TestSignAsBTCEC compares whole signatures, by the window and by the table.
func TestSignAsBTCEC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := btcec.PrivateKey{Key: randomScalar(t, "key")}
		digest := [32]byte(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "digest"))
		multiplications.Store(rapid.SampledFrom([]int64{0, tableAfter}).Draw(t, "multiplications so far"))
		compareSignature(t, &key, &digest)
	})
}

// TestSignAsBTCECEdges signs with keys and digests at the edges of the order; a digest above
// it is reduced.
func TestSignAsBTCECEdges(t *testing.T) {
	digests := [][32]byte{{}, {31: 1}, [32]byte(bytes.Repeat([]byte{0xff}, 32))}
	for _, distance := range []uint32{0, 1, 2} {
		var d [32]byte
		new(btcec.ModNScalar).SetInt(distance).Negate().PutBytes(&d) // n-2, n-1
		digests = append(digests, d)
	}
	order := btcec.S256().N.FillBytes(make([]byte, 32))
	digests = append(digests, [32]byte(order))
	keys := scalars()
	for i := 0; i < len(keys); i += 41 {
		key := btcec.PrivateKey{Key: keys[i]}
		for _, digest := range digests {
			multiplications.Store(0)
			compareSignature(t, &key, &digest)
		}
	}
}

func compareSignature(t interface{ Errorf(string, ...any) }, key *btcec.PrivateKey, digest *[32]byte) {
	before := *key
	signature := sign(key, digest)
	if got, want := signature.Serialize(), ecdsa.Sign(key, digest[:]).Serialize(); !bytes.Equal(got, want) {
		t.Errorf("the signature is %x, btcec's %x", got, want)
	}
	if s := signature.S(); s.IsOverHalfOrder() {
		t.Errorf("the signature of %x has a high S", *digest)
	}
	if *key != before {
		t.Errorf("signing changed the key")
	}
}

// TestRFC6979Vectors are signatures that several libraries of other languages agree on.
func TestRFC6979Vectors(t *testing.T) {
	data, err := os.ReadFile("testdata/rfc6979.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct{ Private, Message, R, S string }
	if err := json.Unmarshal(data, &vectors); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors: %v", len(vectors), err)
	}
	for _, v := range vectors {
		raw, err := hex.DecodeString(v.Private)
		if err != nil {
			t.Fatal(err)
		}
		key, _ := btcec.PrivKeyFromBytes(raw)
		digest := sha256.Sum256([]byte(v.Message))
		for _, before := range []int64{0, tableAfter} {
			multiplications.Store(before)
			signature := sign(key, &digest)
			r, s := signature.R(), signature.S()
			if r.String() != v.R || s.String() != v.S {
				t.Errorf("%q by %s: r %v, s %v", v.Message, v.Private, r, s)
			}
		}
	}
}

// TestFirstSignatureUnpacksNoTable runs in a process of its own, since any other test may
// have unpacked it. The table has 8,192 points of 120 bytes.
func TestFirstSignatureUnpacksNoTable(t *testing.T) {
	if os.Getenv("BITPAY_FIRST_SIGNATURE") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFirstSignatureUnpacksNoTable$", "-test.v")
		cmd.Env = append(os.Environ(), "BITPAY_FIRST_SIGNATURE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	const table = 8192 * 120
	var id *Identity
	if used := allocated(func() {
		id = Generate()
		id.Sign([]byte("https://btcpay.example.com/invoices"))
	}); used > table/4 {
		t.Errorf("a key and its first signature took %d bytes", used)
	}
	var after uint64
	for range 2 * tableAfter {
		after += allocated(func() { id.Sign([]byte("https://btcpay.example.com/invoices")) })
	}
	if after < table {
		t.Errorf("%d signatures took %d bytes, so the table was not used", 2*tableAfter, after)
	}
}

func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// BenchmarkBaseMult is one multiplication without the table, with it, and what it takes to
// unpack it: tableAfter is about the third through the first less the second.
func BenchmarkBaseMult(b *testing.B) {
	k := Generate().key.Key
	var p btcec.JacobianPoint
	b.Run("Window", func(b *testing.B) {
		for b.Loop() {
			baseMultByWindow(&k, &p)
		}
	})
	b.Run("Table", func(b *testing.B) {
		for b.Loop() {
			btcec.ScalarBaseMultNonConst(&k, &p)
			p.ToAffine()
		}
	})
	b.Run("NAF", func(b *testing.B) {
		one := new(btcec.ModNScalar).SetInt(1)
		var g btcec.JacobianPoint
		btcec.ScalarBaseMultNonConst(one, &g)
		g.ToAffine()
		for b.Loop() {
			btcec.ScalarMultNonConst(&k, &g, &p)
			p.ToAffine()
		}
	})
}
