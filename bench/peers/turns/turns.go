// Package turns has what the drivers in Go share: the conductor's protocol (bench/README.md), and its
// tasks done with whatever can be locked.
package turns

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// Lock is a library's lock of one key.
type Lock interface {
	Lock() error
	Unlock() error
}

// Turn counts what is done between the end of a warm-up, a fifth of the time, and the end.
type Turn struct {
	begin, end time.Time
	count      int64
	last       int64 // nanoseconds since begin
}

func New(seconds float64) *Turn {
	now := time.Now()
	return &Turn{begin: now.Add(time.Duration(seconds / 5 * 1e9)), end: now.Add(time.Duration(seconds * 1e9))}
}

func (t *Turn) Over() bool { return !time.Now().Before(t.end) }

func (t *Turn) Done() {
	now := time.Now()
	if now.Before(t.begin) || now.After(t.end) {
		return
	}
	atomic.AddInt64(&t.count, 1)
	atomic.StoreInt64(&t.last, int64(now.Sub(t.begin)))
}

func (t *Turn) String() string {
	return fmt.Sprintf("%d %f", atomic.LoadInt64(&t.count), float64(atomic.LoadInt64(&t.last))/1e9)
}

// LocksOf makes the locks of so many keys.
func LocksOf(count int, lockOf func(key string) Lock) []Lock {
	var locks []Lock
	for each := 0; each < count; each++ {
		locks = append(locks, lockOf(fmt.Sprintf("key-%d", each)))
	}
	return locks
}

// Solo takes the locks one after another.
func Solo(locks []Lock, seconds float64) string {
	forEach(locks, once)
	t := New(seconds)
	var took []time.Duration
	for round := 0; !t.Over(); round++ {
		before := time.Now()
		once(locks[round%len(locks)])
		t.Done()
		took = append(took, time.Since(before))
	}
	sort.Slice(took, func(a, b int) bool { return took[a] < took[b] })
	return fmt.Sprintf("%v %f", t, float64(took[len(took)/2].Nanoseconds())/1e3)
}

// Together takes each lock again and again, all at once.
func Together(locks []Lock, seconds float64) string {
	forEach(locks, once) // what a key costs the first time is not what is measured
	t := New(seconds)
	forEach(locks, func(lock Lock) {
		for !t.Over() {
			once(lock)
			t.Done()
		}
	})
	return t.String()
}

// forEach does something with all locks at once.
func forEach(locks []Lock, do func(Lock)) {
	var all sync.WaitGroup
	for _, lock := range locks {
		all.Add(1)
		go func(lock Lock) {
			defer all.Done()
			do(lock)
		}(lock)
	}
	all.Wait()
}

func once(lock Lock) {
	if err := lock.Lock(); err != nil {
		panic(err)
	}
	if err := lock.Unlock(); err != nil {
		panic(err)
	}
}

// Serve does one task after another, by name, until the input ends.
func Serve(tasks map[string]func(count int, seconds float64) string) {
	fmt.Println("ready")
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		var name string
		var count int
		var seconds float64
		fmt.Sscan(asked.Text(), &name, &count, &seconds)
		if task, known := tasks[name]; known {
			fmt.Println(task(count, seconds))
		} else {
			fmt.Println("unknown")
		}
	}
}
