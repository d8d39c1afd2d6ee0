// etcd as the conductor's contestant, for orientation: `etcd HOST:PORT PREFIX`. Protocol: bench/README.md.
//
// Its locks are those of etcd's own recipe: a session is a lease that is kept alive, a lock one
// transaction that puts a key of the session's and asks who was first, a release a delete. Who was not
// first watches the key before his own.
package main

import (
	"context"
	"os"
	"time"

	"../turns"
	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
)

var host, prefix string

// connect gives a session with a connection of its own, as a process has.
func connect() *concurrency.Session {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{host}, DialTimeout: 10 * time.Second})
	if err != nil {
		panic(err)
	}
	session, err := concurrency.NewSession(client)
	if err != nil {
		panic(err)
	}
	return session
}

func disconnect(session *concurrency.Session) {
	session.Close()
	session.Client().Close()
}

type lock struct{ mutex *concurrency.Mutex }

func (l lock) Lock() error   { return l.mutex.Lock(context.Background()) }
func (l lock) Unlock() error { return l.mutex.Unlock(context.Background()) }

func lockOf(session *concurrency.Session, key string) turns.Lock {
	return lock{concurrency.NewMutex(session, prefix+"/"+key)}
}

func handOff(count int, seconds float64) string {
	var locks []turns.Lock
	for each := 0; each < count; each++ {
		session := connect()
		defer disconnect(session)
		locks = append(locks, lockOf(session, "one"))
	}
	return turns.Together(locks, seconds)
}

func main() {
	host, prefix = os.Args[1], os.Args[2]
	session := connect()
	defer disconnect(session)
	locks := func(count int) []turns.Lock {
		return turns.LocksOf(count, func(key string) turns.Lock { return lockOf(session, key) })
	}
	turns.Serve(map[string]func(int, float64) string{
		"solo_confirmed": func(count int, seconds float64) string { return turns.Solo(locks(count), seconds) },
		"keys":           func(count int, seconds float64) string { return turns.Together(locks(count), seconds) },
		"hand_off":       handOff,
	})
}
