package sandbox

import (
	"errors"
	"fmt"
	"strings"
)

// rateConfiguration is a store's rates. A script is the only source with numbers here: exchanges are out of reach.
type rateConfiguration struct {
	Custom bool
	Script string
	Source string  // preferred exchange, without a custom script
	Spread decimal // a fraction
}

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

// rateResult tells a rate, or how far its rule came, in the words of the server's log.
type rateResult struct {
	pair      currencyPair
	rule      string
	evaluated string
	value     decimal
	err       string // "" means there is a value
}

// scriptOf gives what the store's rates are computed by; the script was judged when it was set.
func (s *store) scriptOf() rateScript {
	if s.Rates.Custom {
		script, err := parseScript(s.Rates.Script)
		if err == nil {
			return script
		}
	}
	return rateScript{{left: "X", right: "X", expr: exchange{s.Rates.source()}, text: ""}}
}

// rate computes one pair.
func (s *store) rate(pair currencyPair) rateResult {
	result := rateResult{pair: pair}
	if pair.left == pair.right {
		result.rule, result.evaluated, result.value = "1", "1", newDecimal(10, 1)
		return result
	}
	v, text, errText := s.scriptOf().evaluate(pair)
	result.rule, result.evaluated, result.value, result.err = text, text, v, errText
	if errText == "" && s.Rates.Spread.sign() != 0 {
		result.value = v.mul(newDecimal(1, 0).sub(s.Rates.Spread))
		result.rule = fmt.Sprintf("%s * (%s, %s)", text, newDecimal(1, 0).sub(s.Rates.Spread), newDecimal(1, 0).add(s.Rates.Spread))
		result.evaluated = result.rule
	}
	return result
}

// Rules may lead to rules, in circles too. Beyond these bounds there is no rate.
const (
	maxRuleDepth = 16
	maxRules     = 100
)

// evaluator computes one rate of a script.
type evaluator struct {
	script rateScript
	used   int // rules
}

func (s rateScript) evaluate(pair currencyPair) (v decimal, text, errText string) {
	return (&evaluator{script: s}).evaluate(pair, 0)
}

// evaluate finds the rule of a pair: the most exact one, in either direction.
func (e *evaluator) evaluate(pair currencyPair, depth int) (v decimal, text, errText string) {
	if pair.left == pair.right {
		return newDecimal(1, 0), "1", ""
	}
	var r *rule
	var turned bool
	if e.used++; e.used <= maxRules && depth <= maxRuleDepth {
		r, turned = e.script.find(pair)
	}
	if r == nil {
		return decimal{}, "ERR_NO_RULE_MATCH(" + pair.String() + ")", "PreprocessError"
	}
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

func (s rateScript) find(pair currencyPair) (found *rule, turned bool) {
	best := -1
	for i := range s {
		r := &s[i]
		for _, turn := range []bool{false, true} {
			left, right := pair.left, pair.right
			if turn {
				left, right = right, left
			}
			score := 0
			switch {
			case r.left == left:
				score += 4
			case r.left != "X":
				continue
			}
			switch {
			case r.right == right:
				score += 4
			case r.right != "X":
				continue
			}
			if !turn {
				score++
			}
			if score > best {
				best, found, turned = score, r, turn
			}
		}
	}
	return found, turned
}
