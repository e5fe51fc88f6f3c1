package engine_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"mixtab/demo"
	"mixtab/engine"
	"mixtab/engine/experts"
	"mixtab/engine/ref"
	"mixtab/packdir"
)

// The answer is the same whatever the budget is, also where it changes on the way.
func TestExpertBudget(t *testing.T) {
	all := openDemo(t, engine.Config{})
	msgs := user("What is your favourite condiment?")
	want, _ := ask(t, all, msgs, engine.Request{})
	stats := all.ExpertStats()
	if !stats.Resident || stats.Loads != 0 {
		t.Errorf("with all experts: %+v", stats)
	}

	half := openDemo(t, engine.Config{ExpertBudget: stats.BudgetBytes / 2})
	if got, _ := ask(t, half, msgs, engine.Request{}); got != want {
		t.Errorf("half the experts said %q", got)
	}
	if s := half.ExpertStats(); s.Resident || s.Slots != stats.Slots/2 || s.Loads == 0 || s.Loads >= s.Uses || s.Wait == 0 {
		t.Errorf("with half the experts: %+v", s)
	}

	half.Forget()
	var text strings.Builder
	var changed []error
	budgets := []int64{0, stats.BudgetBytes / 3, 1, stats.BudgetBytes / 2}
	done := make(chan error, len(budgets))
	_, err := half.Chat(t.Context(), msgs, engine.Request{}, func(d engine.Delta) {
		text.WriteString(d.Text)
		if d.Tokens%4 == 2 && len(budgets) > 0 {
			budget := budgets[0]
			budgets = budgets[1:]
			go func() { done <- half.SetExpertBudget(t.Context(), budget) }()
			time.Sleep(20 * time.Millisecond) // it is asked for in the middle of the answer
		}
	})
	for range cap(done) {
		changed = append(changed, <-done)
	}
	if err != nil || text.String() != want {
		t.Errorf("with changing budgets: %q, %v", text.String(), err)
	}
	refused := 0
	for _, err := range changed {
		if errors.Is(err, experts.ErrBudget) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 1 {
		t.Errorf("%d budgets were refused, want that of one byte: %v", refused, changed)
	}
	if s := half.ExpertStats(); s.Slots != stats.Slots/2 {
		t.Errorf("in the end: %+v", s)
	}
}

func TestSmallBudget(t *testing.T) {
	pack, err := packdir.OpenFS(demo.FS())
	if err != nil {
		t.Fatal(err)
	}
	dev := ref.New()
	_, err = engine.Open(t.Context(), dev, pack.Source(dev), engine.Config{ExpertBudget: 1000})
	if !errors.Is(err, experts.ErrBudget) || !strings.Contains(err.Error(), "the least that works is") {
		t.Errorf("got %v", err)
	}
}
