package money

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// rule is one statement of a rate script: PAIR = EXPRESSION. X matches any currency.
type rule struct {
	left, right string
	text        string
	expr        expression
}

// Script is a list of rules.
type Script []rule

const maxScript = 64 << 10

var errScript = errors.New("rate script: not a list of statements like BTC_USD = 50000;")

// satoshi is in front of every script (recording 40-invoices-sats of 2.4.1).
var satoshi = sync.OnceValue(func() Script {
	script, err := parseScript("SATS_X = SATS_BTC * BTC_X; SATS_BTC = 0.00000001;")
	if err != nil {
		panic(err) // it is a constant
	}
	return script
})

// ParseScript reads a rate script. As on the server, a rule for satoshis in bitcoin is
// dropped: that price is fixed.
func ParseScript(text string) (Script, error) {
	script, err := parseScript(text)
	return slices.DeleteFunc(script, func(r rule) bool { return r.left == "SATS" && r.right == "BTC" }), err
}

func parseScript(text string) (Script, error) {
	if len(text) > maxScript {
		return nil, errScript
	}
	var script Script
	for statement := range strings.SplitSeq(withoutComments(text), ";") {
		statement = strings.TrimSpace(statement)
		if statement == "" {
			continue
		}
		name, right, found := strings.Cut(statement, "=")
		pair, ok := ParsePair(name)
		if !found || !ok {
			return nil, errScript
		}
		p := parser{text: strings.TrimSpace(right)}
		expr, ok := p.sum(0)
		if p.skipBlanks(); !ok || p.at != len(p.text) {
			return nil, errScript
		}
		script = append(script, rule{pair.Left, pair.Right, p.text, expr})
	}
	return script, nil
}

func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		b.WriteString(strings.TrimRight(line, "\r\n"))
		b.WriteByte(' ')
	}
	return b.String()
}

// String is the script as the server returns it: one statement on each line.
func (s Script) String() string {
	lines := make([]string, len(s))
	for i, r := range s {
		lines[i] = r.left + "_" + r.right + " = " + r.text + ";"
	}
	return strings.Join(lines, "\n")
}

// Rate is a rate, or how far its rule was evaluated, in the words of the server's log.
type Rate struct {
	Pair      Pair
	Rule      string
	Evaluated string
	Value     Decimal // what is paid for one unit; for invoices
	Ask       Decimal // what one unit costs, which a spread makes more
	Err       string  // "" means there is a value
}

// Calculator computes the rates of one request by scripts, which are read once for all pairs.
type Calculator struct {
	evaluators []*evaluator
	spread     Decimal
}

// NewCalculator returns a calculator that asks the scripts in turn until one has the rate. The spread is a fraction that is
// subtracted from every rate.
func NewCalculator(spread Decimal, scripts ...Script) *Calculator {
	c := &Calculator{spread: spread}
	for _, script := range scripts {
		c.evaluators = append(c.evaluators, newEvaluator(slices.Concat(satoshi(), script)))
	}
	return c
}

// Rate computes the rate of a pair. If no script has it, the result is that of the last one.
func (c *Calculator) Rate(pair Pair) Rate {
	if pair.Left == pair.Right {
		return Rate{Pair: pair, Rule: "1.0", Evaluated: "1.0", Value: New(10, 1), Ask: New(10, 1)}
	}
	var result Rate
	for _, e := range c.evaluators {
		if result = c.rate(e, pair); result.Err == "" {
			break
		}
	}
	return result
}

func (c *Calculator) rate(e *evaluator, pair Pair) Rate {
	e.used = 0
	v, text, errText := e.evaluate(pair, 0)
	result := Rate{Pair: pair, Rule: text, Evaluated: text, Value: v, Ask: v, Err: errText}
	if errText == "" && c.spread.Sign() != 0 {
		result.Value, result.Ask = v.Mul(New(1, 0).Sub(c.spread)), v.Mul(New(1, 0).Add(c.spread))
		result.Rule = fmt.Sprintf("%s * (%s, %s)", text, New(1, 0).Sub(c.spread), New(1, 0).Add(c.spread))
		result.Evaluated = result.Rule
	}
	return result
}

// EvaluateRule computes the rate of a pair by the right side of a rule, without any script. It reports whether the text is
// one.
func EvaluateRule(text string, pair Pair) (Rate, bool) {
	p := parser{text: text}
	expr, ok := p.sum(0)
	if p.skipBlanks(); !ok || p.at != len(p.text) || len(text) > maxScript {
		return Rate{}, false
	}
	v, evaluated, errText := expr.evaluate(newEvaluator(satoshi()), pair, 0)
	return Rate{Pair: pair, Rule: text, Evaluated: evaluated, Value: v, Ask: v, Err: errText}, true
}

// Rules may refer to rules, even in circles. Beyond these bounds there is no rate.
const (
	maxRuleDepth = 16
	maxRules     = 100
	maxRuleText  = 256 << 10 // of all rules that a request evaluates, each time
)

// evaluator computes rates of a script.
type evaluator struct {
	script Script
	rules  map[Pair]int // the first rule of each pair
	used   int          // rules, for one rate
	text   int          // of rules, for all rates
}

func newEvaluator(script Script) *evaluator {
	rules := make(map[Pair]int, len(script))
	for i, r := range script {
		pair := Pair{r.left, r.right}
		if _, found := rules[pair]; !found {
			rules[pair] = i
		}
	}
	return &evaluator{script: script, rules: rules}
}

// evaluate uses the most specific rule for a pair, in either direction.
func (e *evaluator) evaluate(pair Pair, depth int) (v Decimal, text, errText string) {
	if pair.Left == pair.Right {
		return New(1, 0), "1", ""
	}
	var r *rule
	var turned bool
	if e.used++; e.used <= maxRules && depth <= maxRuleDepth && e.text < maxRuleText {
		r, turned = e.find(pair)
	}
	if r == nil {
		return Decimal{}, "ERR_NO_RULE_MATCH(" + pair.brief() + ")", "PreprocessError"
	}
	e.text += len(r.text)
	asked := pair
	if turned {
		asked = Pair{pair.Right, pair.Left}
	}
	v, text, errText = r.expr.evaluate(e, asked, depth)
	if turned {
		text = "1 / " + text
		if errText == "" && v.Sign() == 0 {
			errText = "DivideByZero"
		}
		if errText == "" {
			v = New(1, 0).Div(v)
		}
	}
	return v, text, errText
}

// find returns the rule that names most of a pair, the first of equally specific ones. A
// rule for the inverse pair is slightly less specific.
func (e *evaluator) find(pair Pair) (found *rule, turned bool) {
	best, first := -1, 0
	for _, turn := range []bool{false, true} {
		left, right, ahead := pair.Left, pair.Right, 1
		if turn {
			left, right, ahead = right, left, 0
		}
		for _, candidate := range []struct {
			pair  Pair
			score int
		}{{Pair{left, right}, 8}, {Pair{left, "X"}, 4}, {Pair{"X", right}, 4}, {Pair{"X", "X"}, 0}} {
			if len(candidate.pair.Left)+len(candidate.pair.Right) > maxScript {
				continue // longer than any script, and expensive to look up
			}
			i, known := e.rules[candidate.pair]
			score := candidate.score + ahead
			if known && (score > best || score == best && i < first) {
				best, first, found, turned = score, i, &e.script[i], turn
			}
		}
	}
	return found, turned
}
