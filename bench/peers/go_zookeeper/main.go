// go-zookeeper as the conductor's contestant: `go_zookeeper HOSTS ROOT`. Protocol: bench/README.md.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"../turns"
	"github.com/samuel/go-zookeeper/zk"
)

var hosts, root string

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

func lockOf(conn *zk.Conn, key string) turns.Lock {
	return zk.NewLock(conn, root+"/"+key, zk.WorldACL(zk.PermAll))
}

// recoverSlowly is at ease, so that all contestants can do it at once while the ensemble breaks.
func recoverSlowly(conn *zk.Conn, count int, seconds float64) string {
	t := turns.New(seconds)
	before, longest, failures := time.Now(), time.Duration(0), 0
	for round := 0; !t.Over(); round++ {
		// Other keys after a failure: its contender may still be there, and in front of the next.
		lock := lockOf(conn, fmt.Sprintf("key-%d", failures*count+round%count))
		err := lock.Lock()
		if err == nil {
			err = lock.Unlock()
		}
		if err == nil {
			t.Done()
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

func handOff(count int, seconds float64) string {
	var locks []turns.Lock
	for each := 0; each < count; each++ {
		conn := connect()
		defer conn.Close()
		locks = append(locks, lockOf(conn, "one"))
	}
	return turns.Together(locks, seconds)
}

func main() {
	hosts, root = os.Args[1], os.Args[2]
	conn := connect()
	defer conn.Close()
	locks := func(count int) []turns.Lock {
		return turns.LocksOf(count, func(key string) turns.Lock { return lockOf(conn, key) })
	}
	turns.Serve(map[string]func(int, float64) string{
		"solo_confirmed": func(count int, seconds float64) string { return turns.Solo(locks(count), seconds) },
		"keys":           func(count int, seconds float64) string { return turns.Together(locks(count), seconds) },
		"recover":        func(count int, seconds float64) string { return recoverSlowly(conn, count, seconds) },
		"hand_off":       handOff,
	})
}
