package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/btcpayctl/btcpayctl/bitpay"
	"github.com/btcpayctl/btcpayctl/client"
	"github.com/btcpayctl/btcpayctl/keystore"
)

type service struct {
	conn *client.Client // shared by all keys
	keys keystore.Store
}

func newService(conn *client.Client, keys keystore.Store) http.Handler {
	s := service{conn, keys}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pair", s.handle(s.pair))
	mux.HandleFunc("POST /claim", s.handle(s.claim))
	mux.HandleFunc("GET /pair/{sin}", s.handle(s.status))
	return mux
}

// A state is what the service says about a key.
type state struct {
	SIN        string `json:"sin"`
	ApproveURL string `json:"approveUrl,omitzero"`
	Paired     bool   `json:"paired"`
}

// pair is client-side pairing: the owner approves at the returned page and compares the SIN.
func (s service) pair(r *http.Request) (state, error) {
	c, sin, err := s.generate(r.Context())
	if err != nil {
		return state{}, err
	}
	pairing, err := c.RequestPairing(r.Context(), bitpay.PairingRequest{Label: r.FormValue("label")})
	return state{SIN: sin, ApproveURL: pairing.ApproveURL}, err
}

// claim is server-side pairing: the owner has made the code on the store's page.
func (s service) claim(r *http.Request) (state, error) {
	c, sin, err := s.generate(r.Context())
	if err != nil {
		return state{}, err
	}
	pairing, err := c.ClaimPairing(r.Context(), r.FormValue("code"), bitpay.ClaimOptions{})
	if err != nil {
		return state{}, err
	}
	tokens, err := c.Tokens(r.Context())
	return state{SIN: sin, ApproveURL: pairing.ApproveURL, Paired: len(tokens) > 0}, err
}

// status asks the server, since only its list of tokens shows that a key is paired.
func (s service) status(r *http.Request) (state, error) {
	sin := r.PathValue("sin")
	stored, err := s.keys.Get(r.Context(), "bitid/"+sin)
	if err != nil {
		return state{}, err
	}
	imported, err := bitpay.ParsePrivateKey(stored)
	if err != nil {
		return state{}, err
	}
	tokens, err := bitpay.From(s.conn, imported.Identity).Tokens(r.Context())
	return state{SIN: sin, Paired: len(tokens) > 0}, err
}

// generate stores a new key before the server hears of it, so that no paired key is lost.
func (s service) generate(ctx context.Context) (*bitpay.Client, string, error) {
	id := bitpay.Generate()
	if err := s.keys.Put(ctx, "bitid/"+id.SIN(), []byte(id.Hex().Reveal())); err != nil {
		return nil, "", err
	}
	return bitpay.From(s.conn, id), id.SIN(), nil
}

func (s service) handle(do func(*http.Request) (state, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		state, err := do(r)
		switch {
		case errors.Is(err, keystore.ErrNotFound), errors.Is(err, bitpay.ErrCodeUnknown):
			http.Error(w, err.Error(), http.StatusNotFound)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadGateway)
		default:
			w.Header().Set("Content-Type", "application/json")
			// An error means that the caller is gone.
			_ = json.NewEncoder(w).Encode(state)
		}
	}
}
