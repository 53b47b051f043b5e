package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/demo"
)

// wellFormed says what is wrong with a command line, and nil if it could be typed.
func wellFormed(line string) error {
	words, err := shellWords(strings.TrimPrefix(line, "$ "))
	if err != nil {
		return err
	}
	for len(words) > 0 && strings.Contains(words[0], "=") {
		words = words[1:]
	}
	if len(words) < 2 {
		return errors.New("there is nothing to run")
	}
	switch words[0] {
	case "levels", ".bin/levels":
		return verbFormed(words[1:])
	case "make":
		return targetFormed(words[1:])
	case "go":
		return testFormed(words[1:])
	}
	return nil
}

// verbFormed holds arguments against the verbs and their flags.
func verbFormed(args []string) error {
	args = slices.DeleteFunc(args, func(arg string) bool { return arg == "[flags]" })
	for i, arg := range args {
		args[i] = strings.TrimSuffix(strings.Trim(arg, "[]"), "...")
		if args[i] == "N" { // stands for a number
			args[i] = "1"
		}
	}
	cmd, rest, err := newRoot().Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if err := cmd.ParseFlags(rest); err != nil && !strings.HasPrefix(err.Error(), "flag needs an argument") { // a flag may be mentioned alone
		return err
	}
	left := cmd.Flags().Args()
	if cmd.HasAvailableSubCommands() && len(left) > 0 {
		return noSuchVerb(cmd, left)
	}
	if cmd.CommandPath() == "levels demo" && len(left) > 0 && left[0] != "NAME" {
		_, err := demo.Find(left[0])
		return err
	}
	if strings.HasPrefix(cmd.CommandPath(), "levels pitfall ") && len(left) > 0 && left[0] != "ID" {
		_, err := catalogue.Find(left[0])
		return err
	}
	return nil
}

// targetFormed holds arguments against the targets of the Makefile.
func targetFormed(args []string) error {
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		return err
	}
	for _, arg := range args {
		variable, _, set := strings.Cut(arg, "=")
		wanted := arg + ":"
		if set {
			wanted = variable + " "
		}
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(wanted)).Match(makefile) {
			return fmt.Errorf("the Makefile has no %q", arg)
		}
	}
	return nil
}

// testFormed holds the packages and patterns of go test against the tests that there are.
func testFormed(args []string) error {
	if args[0] != "test" {
		return nil
	}
	pattern, folder := ".", ""
	for i, arg := range args {
		switch {
		case (arg == "-run" || arg == "-bench") && args[i+1] != "^$":
			pattern, _, _ = strings.Cut(args[i+1], "/")
		case strings.HasPrefix(arg, "./"):
			folder = arg
		}
	}
	var files []string
	for _, module := range []string{".", "docs/exercises"} {
		found, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(module), filepath.FromSlash(folder), "*_test.go"))
		if err != nil {
			return err
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no tests", folder)
	}
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	named := regexp.MustCompile(`(?m)^func ((Test|Benchmark)\w+)\(`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(named.FindAllSubmatch(text, -1), func(name [][]byte) bool { return wanted.Match(name[1]) }) {
			return nil
		}
	}
	return fmt.Errorf("%s has no test or benchmark like %q", folder, pattern)
}

// shellWords takes the first command of a line apart as a shell would: enough of it for
// the docs, which quote with ' and end a command with |, ;, &, > or #.
func shellWords(line string) (words []string, err error) {
	word, quoted, begun := "", rune(0), false
	for _, r := range line {
		switch {
		case quoted != 0 && r == quoted:
			quoted = 0
		case quoted != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quoted, begun = r, true
		case r == ' ' && begun:
			words, word, begun = append(words, word), "", false
		case r == ' ':
		case strings.ContainsRune("|;&>", r), r == '#' && !begun:
			return words, nil
		default:
			word, begun = word+string(r), true
		}
	}
	if quoted != 0 {
		return nil, fmt.Errorf("a %c has no end", quoted)
	}
	if begun {
		words = append(words, word)
	}
	return words, nil
}
