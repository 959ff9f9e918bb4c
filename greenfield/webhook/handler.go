package webhook

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"
)

// HandlerOptions configure a [Handler].
type HandlerOptions struct {
	// Secrets are those of the webhooks that deliver here. While a secret is replaced, give
	// the old and the new one.
	Secrets []Secret
	// Handle is called for each event of a known type. After nil, the server gets 200, and
	// the event is not handled again. After an error or a panic, the server delivers the
	// event again, if the webhook has automatic redelivery.
	//
	// Events of one invoice are handled one after another, others at the same time. The
	// context does not end when the server goes away; a server waits 100 seconds for the
	// response and then delivers again, which waits for the first call to end.
	//
	// Handle may be called twice for an event: if the process ends, or the Deduper fails,
	// after Handle returned and before that was recorded.
	Handle func(context.Context, Event) error
	// HandleUnknown also calls Handle for types that this package does not know. Otherwise
	// the server gets 200 for them, so that the event of a later server, which nothing here
	// can handle, does not hold back those behind it.
	HandleUnknown bool
	// Deduper remembers handled events. If it is nil, the handler uses a new [Memory], which
	// forgets all when the process ends.
	Deduper Deduper
	// Tolerance, if it is not 0, refuses events whose first delivery was created longer ago,
	// or so far in the future. Redeliveries keep the time of the first delivery, and the
	// automatic ones end after 62 minutes, so a tolerance below 2 hours loses events. A
	// refused event is not delivered again automatically.
	Tolerance time.Duration
	// MaxBody is the size of the largest body; 0 is [MaxBody], and there is no larger one.
	MaxBody int64
	// Log gets what the responses do not say. It may be nil. Refused requests of senders
	// that have no secret are logged at debug level only.
	Log *slog.Logger
}

// ErrHandler is wrapped by the errors of [NewHandler].
var ErrHandler = errors.New("unusable handler options")

// A Handler is an [http.Handler] that receives deliveries. Its responses have no body:
//
//	200  the event was handled, now or before, or its type is not known
//	400  the signature is valid, but the body is no event, or outside the tolerance
//	401  there is no valid signature
//	405  the method is not POST
//	413  the body is too large
//	500  Handle or the Deduper failed: the server delivers again
//
// Servers before 2.3.4 deliver again after every response but 2xx, later ones after 408,
// 429 and 5xx.
type Handler struct {
	options HandlerOptions
	secrets atomic.Pointer[[]Secret]
	now     func() time.Time
}

// NewHandler checks the options.
func NewHandler(o HandlerOptions) (*Handler, error) {
	switch {
	case o.Handle == nil:
		return nil, fmt.Errorf("%w: Handle is required", ErrHandler)
	case o.Tolerance < 0:
		return nil, fmt.Errorf("%w: Tolerance is negative", ErrHandler)
	case o.MaxBody < 0 || o.MaxBody > MaxBody:
		return nil, fmt.Errorf("%w: MaxBody is not between 0 and %d", ErrHandler, MaxBody)
	}
	h := &Handler{options: o, now: time.Now}
	if err := h.SetSecrets(o.Secrets...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHandler, err)
	}
	h.options.MaxBody = cmp.Or(o.MaxBody, MaxBody)
	if o.Deduper == nil {
		h.options.Deduper = &Memory{}
	}
	if o.Log == nil {
		h.options.Log = slog.New(slog.DiscardHandler)
	}
	return h, nil
}

// SetSecrets replaces the secrets while the handler runs. To replace the secret of a
// webhook: set the old and the new one, change the webhook on the server, and set only the
// new one after two hours, when the automatic redeliveries of earlier events have ended.
// After an error, which wraps [ErrSecret], the secrets are as before.
func (h *Handler) SetSecrets(secrets ...Secret) error {
	if err := checkSecrets(secrets); err != nil {
		return err
	}
	own := slices.Clone(secrets)
	h.secrets.Store(&own)
	return nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, status, err := h.authenticate(w, r)
	if err != nil {
		h.options.Log.DebugContext(r.Context(), "webhook request refused", "status", status, "error", err)
		w.WriteHeader(status)
		return
	}
	w.WriteHeader(h.deliver(r.Context(), body))
}

// authenticate returns the body if the sender has a secret.
func (h *Handler) authenticate(w http.ResponseWriter, r *http.Request) (body []byte, status int, err error) {
	signature, err := signatureOf(r.Header)
	if err != nil {
		return nil, http.StatusUnauthorized, err
	}
	// Before the body is read, which costs more.
	sum, err := parseSignature(signature)
	if err != nil {
		return nil, http.StatusUnauthorized, err
	}
	if r.ContentLength > h.options.MaxBody {
		return nil, http.StatusRequestEntityTooLarge, fmt.Errorf("the body has %d bytes", r.ContentLength)
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, http.StatusRequestEntityTooLarge, err
	}
	if err != nil {
		return nil, http.StatusBadRequest, fmt.Errorf("reading the body: %w", err)
	}
	if err := verify(*h.secrets.Load(), sum, body); err != nil {
		return nil, http.StatusUnauthorized, err
	}
	return body, http.StatusOK, nil
}

// deliver returns the status of the response to a delivery whose sender has a secret.
func (h *Handler) deliver(ctx context.Context, body []byte) (status int) {
	e, err := Parse(body)
	if err != nil {
		h.options.Log.ErrorContext(ctx, "webhook delivery refused: it has a valid signature", "error", err)
		return http.StatusBadRequest
	}
	log := func(level slog.Level, text string, more ...any) {
		h.options.Log.Log(ctx, level, text, append(more, "type", string(e.Type), "delivery", e.DeliveryID, "original", e.OriginalDeliveryID)...)
	}
	if late := h.now().Sub(e.Timestamp).Abs(); h.options.Tolerance != 0 && late > h.options.Tolerance {
		log(slog.LevelWarn, "webhook delivery refused: its time is outside the tolerance", "timestamp", e.Timestamp, "tolerance", h.options.Tolerance)
		return http.StatusBadRequest
	}
	if !e.Type.IsKnown() && !h.options.HandleUnknown {
		log(slog.LevelWarn, "webhook event of an unknown type not handled")
		return http.StatusOK
	}
	claim, err := h.options.Deduper.Begin(ctx, KeyOf(e))
	if err != nil {
		log(slog.LevelError, "webhook event not handled: looking it up failed", "error", err)
		return http.StatusInternalServerError
	}
	defer claim.Release()
	if claim.Handled() {
		log(slog.LevelDebug, "webhook event was handled before")
		return http.StatusOK
	}
	// The server may have given up. What was begun is finished all the same: an
	// event that takes too long would otherwise fail each time.
	ctx = context.WithoutCancel(ctx)
	if err := h.options.Handle(ctx, e); err != nil {
		log(slog.LevelError, "webhook event not handled", "error", err)
		return http.StatusInternalServerError
	}
	if err := claim.Done(); err != nil {
		log(slog.LevelError, "webhook event handled, and will be handled again: recording it failed", "error", err)
		return http.StatusInternalServerError
	}
	return http.StatusOK
}
