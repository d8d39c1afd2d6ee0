// go-zookeeper as the conductor's contestant: `go_zookeeper HOSTS ROOT`. Protocol: bench/README.md.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/samuel/go-zookeeper/zk"
)

var hosts, root string

// turn counts what is done between the end of a warm-up, a fifth of the time, and the end.
type turn struct {
	begin, end time.Time
	count      int64
	last       int64 // nanoseconds since begin
}

func newTurn(seconds float64) *turn {
	now := time.Now()
	return &turn{begin: now.Add(time.Duration(seconds / 5 * 1e9)), end: now.Add(time.Duration(seconds * 1e9))}
}

func (t *turn) over() bool { return !time.Now().Before(t.end) }

func (t *turn) done() {
	now := time.Now()
	if now.Before(t.begin) || now.After(t.end) {
		return
	}
	atomic.AddInt64(&t.count, 1)
	atomic.StoreInt64(&t.last, int64(now.Sub(t.begin)))
}

func (t *turn) String() string {
	return fmt.Sprintf("%d %f", atomic.LoadInt64(&t.count), float64(atomic.LoadInt64(&t.last))/1e9)
}

type quiet struct{}

func (quiet) Printf(string, ...interface{}) {}

func connect() *zk.Conn {
	conn, events, err := zk.Connect(strings.Split(hosts, ","), 30*time.Second, zk.WithLogger(quiet{}))
	if err != nil {
		panic(err)
	}
	for event := range events {
		if event.State == zk.StateHasSession {
			break
		}
	}
	go func() {
		for range events {
		}
	}()
	return conn
}

func lockOf(conn *zk.Conn, key string) *zk.Lock {
	return zk.NewLock(conn, root+"/"+key, zk.WorldACL(zk.PermAll))
}

func once(lock *zk.Lock) {
	if err := lock.Lock(); err != nil {
		panic(err)
	}
	if err := lock.Unlock(); err != nil {
		panic(err)
	}
}

// forEach does something with all locks at once.
func forEach(locks []*zk.Lock, do func(*zk.Lock)) {
	var all sync.WaitGroup
	for _, lock := range locks {
		all.Add(1)
		go func(lock *zk.Lock) {
			defer all.Done()
			do(lock)
		}(lock)
	}
	all.Wait()
}

func together(locks []*zk.Lock, seconds float64) *turn {
	forEach(locks, once) // what a key costs the first time is not what is measured
	t := newTurn(seconds)
	forEach(locks, func(lock *zk.Lock) {
		for !t.over() {
			once(lock)
			t.done()
		}
	})
	return t
}

func solo(conn *zk.Conn, count int, seconds float64) string {
	var locks []*zk.Lock
	for each := 0; each < count; each++ {
		locks = append(locks, lockOf(conn, fmt.Sprintf("key-%d", each)))
	}
	forEach(locks, once)
	t := newTurn(seconds)
	var took []time.Duration
	for round := 0; !t.over(); round++ {
		before := time.Now()
		once(locks[round%len(locks)])
		t.done()
		took = append(took, time.Since(before))
	}
	sort.Slice(took, func(a, b int) bool { return took[a] < took[b] })
	return fmt.Sprintf("%v %f", t, float64(took[len(took)/2].Nanoseconds())/1e3)
}

// recoverSlowly is at ease, so that all contestants can do it at once while the ensemble breaks.
func recoverSlowly(conn *zk.Conn, count int, seconds float64) string {
	t := newTurn(seconds)
	before, longest, failures := time.Now(), time.Duration(0), 0
	for round := 0; !t.over(); round++ {
		// Other keys after a failure: its contender may still be there, and in front of the next.
		lock := lockOf(conn, fmt.Sprintf("key-%d", failures*count+round%count))
		err := lock.Lock()
		if err == nil {
			err = lock.Unlock()
		}
		if err == nil {
			t.done()
			longest = maxOf(longest, time.Since(before))
			before = time.Now()
		} else {
			failures++
		}
		time.Sleep(5 * time.Millisecond)
	}
	longest = maxOf(longest, time.Since(before))
	return fmt.Sprintf("%v %f", t, longest.Seconds())
}

func maxOf(one, other time.Duration) time.Duration {
	if one > other {
		return one
	}
	return other
}

func keys(conn *zk.Conn, count int, seconds float64) *turn {
	var locks []*zk.Lock
	for each := 0; each < count; each++ {
		locks = append(locks, lockOf(conn, fmt.Sprintf("key-%d", each)))
	}
	return together(locks, seconds)
}

func handOff(count int, seconds float64) *turn {
	var locks []*zk.Lock
	for each := 0; each < count; each++ {
		conn := connect()
		defer conn.Close()
		locks = append(locks, lockOf(conn, "one"))
	}
	return together(locks, seconds)
}

func main() {
	hosts, root = os.Args[1], os.Args[2]
	conn := connect()
	fmt.Println("ready")
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() {
		var name string
		var count int
		var seconds float64
		fmt.Sscan(asked.Text(), &name, &count, &seconds)
		switch name {
		case "solo_confirmed":
			fmt.Println(solo(conn, count, seconds))
		case "recover":
			fmt.Println(recoverSlowly(conn, count, seconds))
		case "keys":
			fmt.Println(keys(conn, count, seconds))
		case "hand_off":
			fmt.Println(handOff(count, seconds))
		default:
			fmt.Println("unknown")
		}
	}
	conn.Close()
}
