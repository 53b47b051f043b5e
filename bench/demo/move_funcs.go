package demo

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// Funcs are what the workers of the demos can run: the workloads' functions, waits for the
// demo gil, and sums for move. Worker programs must be built with them.
func Funcs() levels.Funcs {
	funcs := workload.Funcs()
	maps.Copy(funcs, levels.Funcs{
		"waits":     levels.JSON(gilWait),
		"sum.json":  summing(unpackJSON),
		"sum.gob":   summing(unpackGob),
		"sum.raw":   summing(unpackRaw),
		"sum.owned": summing(new(moveOwner).numbers),
	})
	return funcs
}

// moveData are numbers that look like data. They are below 2^47, so that their sum does not
// overflow, and that every reader of JSON can hold them.
func moveData(seed uint64, n int) []uint64 {
	random := rand.New(rand.NewPCG(seed, 0))
	numbers := make([]uint64, n)
	for i := range numbers {
		numbers[i] = random.Uint64() >> 17
	}
	return numbers
}

// summing returns a function that unpacks numbers and adds them up. Its output is the sum,
// and how long all took it.
func summing(unpack func([]byte) ([]uint64, error)) levels.Func {
	return func(_ context.Context, input []byte) ([]byte, error) {
		begin := time.Now()
		numbers, err := unpack(input)
		if err != nil {
			return nil, err
		}
		sum := uint64(0)
		for _, x := range numbers {
			sum += x
		}
		took := max(1, time.Since(begin))
		return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, sum), uint64(took)), nil
	}
}

// unpackSum reads the output of a summing function.
func unpackSum(output []byte) (sum uint64, took time.Duration, err error) {
	if len(output) != 16 {
		return 0, 0, fmt.Errorf("a sum of %d bytes, want 16", len(output))
	}
	return binary.BigEndian.Uint64(output), time.Duration(binary.BigEndian.Uint64(output[8:])), nil
}

func packJSON(numbers []uint64) ([]byte, error) { return json.Marshal(numbers) }

func unpackJSON(input []byte) (numbers []uint64, err error) {
	err = json.Unmarshal(input, &numbers)
	return numbers, err
}

func packGob(numbers []uint64) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(numbers)
	return b.Bytes(), err
}

// unpackGob is for bytes of the parent's own: gob is not made for those of strangers.
func unpackGob(input []byte) (numbers []uint64, err error) {
	err = gob.NewDecoder(bytes.NewReader(input)).Decode(&numbers)
	return numbers, err
}

func packRaw(numbers []uint64) ([]byte, error) {
	raw := make([]byte, 8*len(numbers))
	for i, x := range numbers {
		binary.LittleEndian.PutUint64(raw[8*i:], x)
	}
	return raw, nil
}

func unpackRaw(input []byte) ([]uint64, error) {
	if len(input)%8 != 0 {
		return nil, fmt.Errorf("%d bytes are no numbers of 8 bytes", len(input))
	}
	numbers := make([]uint64, len(input)/8)
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint64(input[8*i:])
	}
	return numbers, nil
}

// A moveOwner is who has the numbers: it loads those that it is first asked for, and keeps
// them.
type moveOwner struct {
	mu    sync.Mutex
	asked string // for what
	has   []uint64
}

// numbers are those that a question is about.
func (o *moveOwner) numbers(question []byte) ([]uint64, error) {
	if len(question) != 16 {
		return nil, fmt.Errorf("a question of %d bytes, want 16: which numbers, and how many", len(question))
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked != string(question) {
		seed, n := binary.BigEndian.Uint64(question), binary.BigEndian.Uint64(question[8:])
		if n > 1<<24 {
			return nil, errors.New("a question about more than 16 Mi numbers")
		}
		o.asked, o.has = string(question), moveData(seed, int(n))
	}
	return o.has, nil
}
