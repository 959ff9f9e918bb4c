package world

import "testing"

func TestBells(t *testing.T) {
	w, err := Open("", nil)
	if err != nil {
		t.Fatal(err)
	}
	inv := &Invoice{ID: "a", Status: StatusNew}
	w.State.Invoices[inv.ID] = inv
	seen := inv.Moment()
	var unhang []func()
	for range mostBells {
		bell, down := w.Hang(seen)
		if bell == nil {
			t.Fatal("no bell")
		}
		unhang = append(unhang, down)
	}
	if bell, _ := w.Hang(seen); bell != nil {
		t.Error("there are more bells than there can be")
	}
	for _, down := range unhang {
		down()
	}
	if w.Bells.count != 0 || len(w.Bells.of) != 0 {
		t.Error("bells are left:", w.Bells.count, w.Bells.of)
	}

	bell, down := w.Hang(seen)
	for range 1000 { // who listens is slow
		w.emit(Happening{Event: EventReceivedPayment, Invoice: inv})
	}
	if n := bell.Take(); n != mostRings || bell.Take() != 0 || len(bell.Rung) != 1 {
		t.Errorf("%d rings wait", n)
	}
	down()
	inv.Status = StatusProcessing // between what was seen and the bell
	bell, down = w.Hang(seen)
	if bell.Take() != 1 {
		t.Error("a change before the bell was hung is lost")
	}
	down()
	w.closed = true
	if bell, _ := w.Hang(seen); bell != nil {
		t.Error("a closed world has bells")
	}
}
