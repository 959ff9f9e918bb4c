package bitpay

import (
	"crypto/subtle"
	"encoding/hex"
	"sync"
	"sync/atomic"

	"github.com/btcsuite/btcd/btcec/v2"
)

// btcec multiplies the base point with a table of 8,192 points, which it unpacks on first
// use. Unpacking takes about 20 ms. A multiplication takes 0.03 ms with the table and 0.13
// ms without it. A command needs two or three, for the public key and the signatures. So a
// process uses the table only after 200 multiplications: by then, working without it has
// cost as much time as unpacking it.
const tableAfter = 200

var multiplications atomic.Int64

// baseMult sets p to k·G, in affine coordinates. k must not be 0.
func baseMult(k *btcec.ModNScalar, p *btcec.JacobianPoint) {
	if multiplications.Add(1) > tableAfter {
		btcec.ScalarBaseMultNonConst(k, p)
		p.ToAffine()
	} else {
		baseMultByWindow(k, p)
	}
}

// baseMultByWindow is baseMult without the table.
//
// k is a private key or a nonce, and a few bits of each nonce are enough to compute the
// key. So the steps are the same for every k: 252 doublings, 63 additions, and no branch
// on a bit of k. btcec.ScalarMultNonConst is faster but would leak, because the number of
// its steps depends on k. Which table entries are read does depend on k, as it does in
// btcec's own table.
func baseMultByWindow(k *btcec.ModNScalar, p *btcec.JacobianPoint) {
	// Either k or n-k is odd, and n-k gives the negative point. So the code below only
	// handles odd numbers.
	var negated btcec.ModNScalar
	negated.NegateVal(k)
	var digits, other [32]byte
	k.PutBytes(&digits)
	negated.PutBytes(&other)
	isEven := 1 - int(digits[31]&1)
	subtle.ConstantTimeCopy(isEven, digits[:], other[:])

	// An odd k below 2^256 is the sum of (2h-15)·16^i over the 64 hex digits h of (k-1)/2
	// + 2^255. Each factor 2h-15 is odd, from -15 to 15, and never zero.
	top := byte(1)
	for i := range digits {
		digits[i], top = top<<7|digits[i]>>1, digits[i]&1
	}

	table := oddMultiples()
	p.Set(&table[digits[0]>>4])
	for i := 1; i < 2*len(digits); i++ {
		shift := 4 * (1 - i%2)
		for range 4 {
			btcec.DoubleNonConst(p, p)
		}
		btcec.AddNonConst(p, &table[digits[i/2]>>shift&15], p)
	}
	p.ToAffine()

	var y, negatedY [32]byte
	var negative btcec.FieldVal
	negative.NegateVal(&p.Y, 1).Normalize()
	p.Y.PutBytes(&y)
	negative.PutBytes(&negatedY)
	subtle.ConstantTimeCopy(isEven, y[:], negatedY[:])
	p.Y.SetBytes(&y)

	negated.Zero()
	clear(digits[:])
	clear(other[:])
}

// oddMultiples are -15G, -13G, … -G, G, … 15G. They are affine, so that an addition takes
// the same steps for each.
var oddMultiples = sync.OnceValue(func() *[16]btcec.JacobianPoint {
	var table [16]btcec.JacobianPoint
	for i, m := range oddMultiplesOfG {
		positive, negative := &table[8+i], &table[7-i]
		positive.X.SetByteSlice(mustHex(m[0]))
		positive.Y.SetByteSlice(mustHex(m[1]))
		positive.Z.SetInt(1)
		negative.Set(positive)
		negative.Y.Negate(1).Normalize()
	}
	return &table
})

func mustHex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic("bitpay: " + err.Error()) // a constant of this file is wrong
	}
	return b
}

// oddMultiplesOfG are x and y of G, 3G, 5G, … 15G.
var oddMultiplesOfG = [8][2]string{
	{"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798", "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"},
	{"f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9", "388f7b0f632de8140fe337e62a37f3566500a99934c2231b6cb9fd7584b8e672"},
	{"2f8bde4d1a07209355b4a7250a5c5128e88b84bddc619ab7cba8d569b240efe4", "d8ac222636e5e3d6d4dba9dda6c9c426f788271bab0d6840dca87d3aa6ac62d6"},
	{"5cbdf0646e5db4eaa398f365f2ea7a0e3d419b7e0330e39ce92bddedcac4f9bc", "6aebca40ba255960a3178d6d861a54dba813d0b813fde7b5a5082628087264da"},
	{"acd484e2f0c7f65309ad178a9f559abde09796974c57e714c35f110dfc27ccbe", "cc338921b0a7d9fd64380971763b61e9add888a4375f8e0f05cc262ac64f9c37"},
	{"774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb", "d984a032eb6b5e190243dd56d7b7b365372db1e2dff9d6a8301d74c9c953c61b"},
	{"f28773c2d975288bc7d1d205c3748651b075fbc6610e58cddeeddf8f19405aa8", "0ab0902e8d880a89758212eb65cdaf473a1a06da521fa91f29b5cb52db03ed81"},
	{"d7924d4f7d43ea965a465ae3095ff41131e5946f3c85f79e44adbcf8e27e080e", "581e2872a86c72a683842ec228cc6defea40af2bd896d3a5c504dc9ff6a26b58"},
}
