package sandbox

import (
	"errors"
	"fmt"
	"strings"
)

// rule is one statement of a rate script: PAIR = EXPRESSION. X stands for any currency.
type rule struct {
	left, right string
	text        string
	expr        expression
}

type rateScript []rule

const maxScript = 64 << 10

var errScript = errors.New("rate script: not a list of statements like BTC_USD = 50000;")

// parseScript reads a rate script.
func parseScript(text string) (rateScript, error) {
	if len(text) > maxScript {
		return nil, errScript
	}
	var script rateScript
	for statement := range strings.SplitSeq(withoutComments(text), ";") {
		statement = strings.TrimSpace(statement)
		if statement == "" {
			continue
		}
		name, right, found := strings.Cut(statement, "=")
		pair, ok := parsePair(name)
		if !found || !ok {
			return nil, errScript
		}
		p := parser{text: strings.TrimSpace(right)}
		expr, ok := p.sum(0)
		if p.skipBlanks(); !ok || p.at != len(p.text) {
			return nil, errScript
		}
		script = append(script, rule{pair.left, pair.right, p.text, expr})
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

// String is the script as the server hands it back: a statement a line.
func (s rateScript) String() string {
	lines := make([]string, len(s))
	for i, r := range s {
		lines[i] = r.left + "_" + r.right + " = " + r.text + ";"
	}
	return strings.Join(lines, "\n")
}

// exchangeScript takes all rates from an exchange.
func exchangeScript(source string) rateScript {
	return rateScript{{left: "X", right: "X", expr: exchange{source}, text: ""}}
}

// rateResult tells a rate, or how far its rule came, in the words of the server's log.
type rateResult struct {
	pair      currencyPair
	rule      string
	evaluated string
	value     decimal
	err       string // "" means there is a value
}

// rateCalculator computes the rates of one request by a script, which is read once however many pairs are asked for.
type rateCalculator struct {
	evaluator *evaluator
	spread    decimal
}

func newRateCalculator(script rateScript, spread decimal) *rateCalculator {
	return &rateCalculator{newEvaluator(script), spread}
}

// rate computes one pair.
func (s *rateCalculator) rate(pair currencyPair) rateResult {
	result := rateResult{pair: pair}
	if pair.left == pair.right {
		result.rule, result.evaluated, result.value = "1", "1", newDecimal(10, 1)
		return result
	}
	s.evaluator.used = 0
	v, text, errText := s.evaluator.evaluate(pair, 0)
	result.rule, result.evaluated, result.value, result.err = text, text, v, errText
	if errText == "" && s.spread.sign() != 0 {
		result.value = v.mul(newDecimal(1, 0).sub(s.spread))
		result.rule = fmt.Sprintf("%s * (%s, %s)", text, newDecimal(1, 0).sub(s.spread), newDecimal(1, 0).add(s.spread))
		result.evaluated = result.rule
	}
	return result
}

// Rules may lead to rules, in circles too. Beyond these bounds there is no rate.
const (
	maxRuleDepth = 16
	maxRules     = 100
	maxRuleText  = 256 << 10 // of all rules that one request has evaluated, each time it has
)

// evaluator computes rates of a script.
type evaluator struct {
	script rateScript
	rules  map[currencyPair]int // the first rule of each pair
	used   int                  // rules, for one rate
	text   int                  // of rules, for all rates
}

func newEvaluator(script rateScript) *evaluator {
	rules := make(map[currencyPair]int, len(script))
	for i, r := range script {
		pair := currencyPair{r.left, r.right}
		if _, found := rules[pair]; !found {
			rules[pair] = i
		}
	}
	return &evaluator{script: script, rules: rules}
}

// evaluate finds the rule of a pair: the most exact one, in either direction.
func (e *evaluator) evaluate(pair currencyPair, depth int) (v decimal, text, errText string) {
	if pair.left == pair.right {
		return newDecimal(1, 0), "1", ""
	}
	var r *rule
	var turned bool
	if e.used++; e.used <= maxRules && depth <= maxRuleDepth && e.text < maxRuleText {
		r, turned = e.find(pair)
	}
	if r == nil {
		return decimal{}, "ERR_NO_RULE_MATCH(" + pair.brief() + ")", "PreprocessError"
	}
	e.text += len(r.text)
	asked := pair
	if turned {
		asked = currencyPair{pair.right, pair.left}
	}
	v, text, errText = r.expr.evaluate(e, asked, depth)
	if turned {
		text = "1 / " + text
		if errText == "" && v.sign() == 0 {
			errText = "DivideByZero"
		}
		if errText == "" {
			v = newDecimal(1, 0).div(v)
		}
	}
	return v, text, errText
}

// find gives the rule that names most of a pair, the first of those that name as much; a rule for the pair turned round
// counts a little less.
func (e *evaluator) find(pair currencyPair) (found *rule, turned bool) {
	best, first := -1, 0
	for _, turn := range []bool{false, true} {
		left, right, ahead := pair.left, pair.right, 1
		if turn {
			left, right, ahead = right, left, 0
		}
		for _, candidate := range []struct {
			pair  currencyPair
			score int
		}{{currencyPair{left, right}, 8}, {currencyPair{left, "X"}, 4}, {currencyPair{"X", right}, 4}, {currencyPair{"X", "X"}, 0}} {
			if len(candidate.pair.left)+len(candidate.pair.right) > maxScript {
				continue // longer than any script, and dear to look up
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
