package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"k8s.io/klog/v2"
)

// A verdictCase is one question: would the default scheduler find a node for this pod in this cluster.
type verdictCase struct {
	ID      json.RawMessage            `json:"id"`
	Objects map[string]json.RawMessage `json:"objects"`
	Pod     json.RawMessage            `json:"pod"`
}

// A refusal is what one plugin said of a node, or of the pod as a whole.
type refusal struct {
	Plugin  string   `json:"plugin"`
	Reasons []string `json:"reasons"`
}

// A verdict is the scheduler's answer. Message is FitError's text without the preemption part.
type verdict struct {
	ID         json.RawMessage     `json:"id"`
	Feasible   []string            `json:"feasible"`
	Message    string              `json:"message"`
	Refused    map[string]refusal  `json:"refused"`
	Prefilter  *refusal            `json:"prefilter,omitempty"`
	NarrowedBy []string            `json:"narrowed_by,omitempty"`
	Preemption map[string][]string `json:"preemption"`
	Error      string              `json:"error,omitempty"`
}

// runVerdicts answers JSON cases from standard input, a line each, with the filters of the real scheduler.
func runVerdicts() {
	klog.InitFlags(nil)
	profile := flag.Bool("profile", false, "print the default profile's filters and the feature gates, then end")
	flag.Parse()
	if *profile {
		exitOn(printProfile(os.Stdout))
		return
	}
	exitOn(answerCases(os.Stdin, os.Stdout))
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "scheduler-verdicts: %v\n", err)
		os.Exit(1)
	}
}

func answerCases(input io.Reader, output io.Writer) error {
	bench, err := newFilterBench()
	if err != nil {
		return err
	}
	lines := bufio.NewReaderSize(input, 1<<20)
	answers := bufio.NewWriter(output)
	for {
		line, readErr := lines.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := writeLine(answers, bench.answer(line)); err != nil {
				return err
			}
		}
		if readErr == io.EOF {
			return nil
		}
		if readErr != nil {
			return readErr
		}
	}
}

// writeLine flushes: whoever asks may wait for an answer before the next case.
func writeLine(answers *bufio.Writer, answer verdict) error {
	if err := json.NewEncoder(answers).Encode(answer); err != nil {
		return err
	}
	return answers.Flush()
}

// answer never fails: a case that cannot be judged says so in its Error, and the next one goes on.
func (b *filterBench) answer(line []byte) (answer verdict) {
	var question verdictCase
	defer func() {
		if failure := recover(); failure != nil {
			answer = verdict{ID: question.ID, Error: fmt.Sprintf("panic: %v", failure)}
		}
	}()
	if err := json.Unmarshal(line, &question); err != nil {
		return verdict{ID: json.RawMessage("null"), Error: fmt.Sprintf("not a case: %v", err)}
	}
	if len(question.ID) == 0 {
		question.ID = json.RawMessage("null")
	}
	world, err := readWorld(question.Objects, question.Pod)
	if err != nil {
		return verdict{ID: question.ID, Error: err.Error()}
	}
	answer, err = b.judge(world)
	answer.ID = question.ID
	if err != nil {
		answer.Error = err.Error()
	}
	return answer
}
