/* Group commit: contenders and releases of different keys that travel in one transaction, and grants
 * that need no listing. README.md says what is modelled and what is not; `scripts/model` runs it.
 *
 * What lock.pml shows for one request (lagging servers, sessions that follow each other, the reaper) is
 * not repeated here. This is about what a transaction of many adds: one czxid for all its contenders,
 * one failure for all its entries, and one lost answer for all who wait for it.
 */

/* ---- scope --------------------------------------------------------------------------------- */

#ifndef FAULTS
#define FAULTS 2 /* of all kinds together, in any mix and at any time */
#endif

#ifndef WAITERS
#define WAITERS 3 /* every waiter wants its key once */
#endif

#define SESSIONS 2
#define KEYS 2
#ifdef SAME_KEY /* one session: two of its waiters want key 0, the third wants key 1 */
#define session_of(w) (w == 3)
#define key_of(w) (w == 2)
#else /* session 0 wants both keys, session 1 wants key 0, and key 1 if there are four waiters */
#define session_of(w) (w / 2)
#define key_of(w) (w % 2)
#endif

#ifdef BROKEN_BATCH_DOUBT
#define NODES (2 * WAITERS)
#else
#define NODES (WAITERS + FAULTS)
#endif
#if NODES < 8
#define set byte
#else
#define set short
#endif
#define bit(x) (1 << (x))
#define has(s, x) (((s) & bit(x)) != 0)
#define add(s, x) s = (s) | bit(x)
#define drop(s, x) s = (s) & ~bit(x)
#define fault faults > 0 -> faults--

/* ---- the ensemble ------------------------------------------------------------------------------- */

typedef contender {
    byte who;  /* the waiter it was made for: stands for the uuid */
    byte czxid /* shared by all that one transaction made */
}
contender node[NODES + 1]; /* numbered in the order of creation: the order of sequences; 0 is none */
byte made;
byte zxid;         /* counts the transactions that made a contender */
set alive;         /* contenders that exist */
set taken;         /* contenders that an operator deleted */
bool parent[KEYS];
bool over[SESSIONS];
byte faults = FAULTS;

/* ---- the clients --------------------------------------------------------------------------------- */

mtype = { wants_create, wants_remove, in_flight, in_doubt, no_parent, first, created,
          held, gone };

mtype state[WAITERS] = wants_create;
byte own[WAITERS];    /* its contender, once known */
byte number[WAITERS]; /* and that one's czxid: the token of the hold, if there will be one */

/* The transaction of a session: at most one is in flight, and the next gathers behind it. */
set creates[SESSIONS]; /* waiters whose contender it creates, with a setData on the parent behind each */
set removes[SESSIONS]; /* waiters whose contender it deletes; deletes come first */
bool sent[SESSIONS];

/* Its answer, on the way. */
byte culprit[SESSIONS];   /* the waiter whose entry failed, plus one; 0: all was committed */
set only_child[SESSIONS]; /* waiters whose setData said numChildren == 1 */
byte told_own[WAITERS];
byte told_mzxid[WAITERS]; /* of the parent, as the setData returned it */

/* One that was sent on a connection that broke, and that may still arrive. */
set late_creates[SESSIONS];
set late_removes[SESSIONS];

bool believes[SESSIONS]; /* these two as in lock.pml */
bool evidence[SESSIONS];

/* ---- what must hold ---------------------------------------------------------------------------- */

byte last_token[KEYS];

/* The one exception docs/guarantees.md makes: an operator deleted the contender under a hold. */
#define robbed(w) has(taken, own[w])

inline grant(me)
{
    d_step {
        state[me] = held;
        printf("waiter %d: granted key %d, token %d\n", me, key_of(me), number[me]);
        w = 0;
        do
        :: w < WAITERS ->
            assert(w == me || key_of(w) != key_of(me) || state[w] != held ||
                   robbed(w) || robbed(me)); /* one believer of a key */
            w++
        :: else -> break
        od;
        w = 0;
        assert(number[me] > last_token[key_of(me)] || robbed(me)); /* tokens of one key rise */
        last_token[key_of(me)] =
            (number[me] > last_token[key_of(me)] -> number[me] : last_token[key_of(me)])
    }
}

/* ---- transactions of the ensemble ---------------------------------------------------------------- */

inline remove_contender(k)
{
    drop(alive, k);
    node[k].who = 0; /* what is gone is forgotten, which makes fewer states */
    node[k].czxid = 0
}

inline count_children(key, count)
{
    count = 0;
    k = 1;
    do
    :: k <= made ->
        if
        :: has(alive, k) && key_of(node[k].who) == key -> count++
        :: else
        fi;
        k++
    :: else -> break
    od;
    k = 0
}

/* All or nothing; `bad` becomes the waiter of the first entry that fails, plus one. */
inline commit(s, new, old, bad, tell)
{
    d_step {
        bad = 0;
        w = 0;
        do
        :: w < WAITERS && bad == 0 ->
            if
            :: has(old, w) && !has(alive, own[w]) -> bad = w + 1 /* NoNode */
            :: has(new, w) && !parent[key_of(w)] -> bad = w + 1
            :: else
            fi;
            w++
        :: else -> break
        od;
        if
        :: bad == 0 && new != 0 -> zxid++
        :: else
        fi;
        w = 0;
        do
        :: bad == 0 && w < WAITERS ->
            if
            :: has(old, w) ->
                printf("ensemble: contender %d of waiter %d is deleted\n", own[w], w);
                remove_contender(own[w])
            :: else
            fi;
            w++
        :: else -> break
        od;
        w = 0;
        do
        :: bad == 0 && w < WAITERS ->
            if
            :: has(new, w) ->
                assert(made < NODES);
#ifdef BROKEN_BATCH_ORDER
                count_children(key_of(w), children); /* setData before the create: it counts the others */
#endif
                made++;
                node[made].who = w;
                node[made].czxid = zxid;
                add(alive, made);
#ifndef BROKEN_BATCH_ORDER
                count_children(key_of(w), children);
#endif
                printf("ensemble: contender %d for waiter %d, czxid %d, numChildren %d\n",
                       made, w, zxid, children);
                if
                :: tell ->
                    told_own[w] = made;
                    told_mzxid[w] = zxid;
                    if
                    :: children == 1 -> add(only_child[s], w)
                    :: else
                    fi
                :: else
                fi;
                children = 0
            :: else
            fi;
            w++
        :: else -> break
        od;
        w = 0
    }
}

/* What was sent on a broken connection is committed, or refused because the session has moved. */
inline settle_late(s, bad)
{
    if
    :: !over[s] && (late_creates[s] != 0 || late_removes[s] != 0) ->
        printf("ensemble: the late transaction of session %d arrives\n", s);
        commit(s, late_creates[s], late_removes[s], bad, false);
        bad = 0
    :: true
    fi;
    late_creates[s] = 0;
    late_removes[s] = 0
}

/* ---- the session: it gathers, sends, and hands out what was answered ----------------------------- */

#define waiting(s, w) (session_of(w) == s && (state[w] == wants_create || state[w] == wants_remove))
#if WAITERS == 3
#define any_waiting(s) (waiting(s, 0) || waiting(s, 1) || waiting(s, 2))
#else
#define any_waiting(s) (waiting(s, 0) || waiting(s, 1) || waiting(s, 2) || waiting(s, 3))
#endif
#define lone(x) (((x) & ((x) - 1)) == 0)

#ifdef BROKEN_BATCH_SAME_KEY
#define may_join(w) true
#else
#define may_join(w) !has(keys, key_of(w)) /* the second of one key waits for the next transaction */
#endif

#ifdef BROKEN_BATCH_NEIGHBOUR
#define failed(s, w) true /* one failure for all */
#else
#define failed(s, w) (w == culprit[s] - 1)
#endif

#ifdef BROKEN_BATCH_DOUBT
#define after_doubt wants_create /* blindly */
#else
#define after_doubt in_doubt
#endif

/* Each waiter of the transaction gets what its entry came to. */
inline hand_out(s, lost)
{
    d_step {
        w = 0;
        do
        :: w < WAITERS ->
            if
            :: state[w] != in_flight || !(has(creates[s], w) || has(removes[s], w))
            :: else ->
                if
                :: lost && has(removes[s], w) -> state[w] = wants_remove /* no harm in doing it twice */
                :: lost && has(creates[s], w) -> state[w] = after_doubt
                :: !lost && culprit[s] == 0 && has(creates[s], w) ->
                    own[w] = told_own[w];
                    number[w] = told_mzxid[w];
                    state[w] = (has(only_child[s], w) -> first : created)
                :: !lost && culprit[s] != 0 && has(creates[s], w) ->
                    state[w] = (failed(s, w) -> no_parent : wants_create)
                :: !lost && has(removes[s], w) ->
                    if
                    :: culprit[s] == 0 || failed(s, w) -> /* NoNode is as good as deleted */
                        own[w] = 0;
                        number[w] = 0;
                        state[w] = gone
                    :: else -> state[w] = wants_remove
                    fi
                fi;
            fi;
            if
            :: has(creates[s], w) -> told_own[w] = 0; told_mzxid[w] = 0
            :: else
            fi;
            w++
        :: else -> break
        od;
        w = 0;
        creates[s] = 0;
        removes[s] = 0;
        only_child[s] = 0;
        culprit[s] = 0;
        evidence[s] = false;
        sent[s] = false
    }
}

proctype session(byte s)
{
    byte w;
    byte k;
    byte children;
    byte bad;
    set keys; /* that have a contender in this transaction */

end_none:
    do
    :: atomic {
        !sent[s] && !over[s] && any_waiting(s) ->
        /* Whoever wants something now is in it; who comes while it is in flight is in the next. */
        d_step {
            do
            :: w < WAITERS ->
                if
                :: waiting(s, w) && state[w] == wants_remove ->
                    add(removes[s], w);
                    state[w] = in_flight
                :: waiting(s, w) && state[w] == wants_create && may_join(w) ->
                    add(creates[s], w);
                    add(keys, key_of(w));
                    state[w] = in_flight
                :: else
                fi;
                w++
            :: else -> break
            od;
            w = 0;
            keys = 0
        };
        sent[s] = true;
        printf("session %d: sends creates %d, deletes %d (bits of waiters)\n", s, creates[s], removes[s]);
        if
        :: commit(s, creates[s], removes[s], bad, true);
            culprit[s] = bad;
            evidence[s] = (bad == 0);
            bad = 0;
            if
            :: removes[s] == 0 && lone(creates[s]) -> only_child[s] = 0 /* plain path: no setData */
            :: else
            fi
        :: fault;
            printf("session %d: the transaction is lost\n", s);
            hand_out(s, true)
        :: late_creates[s] == 0 && late_removes[s] == 0 && fault;
            printf("session %d: the connection breaks behind the transaction\n", s);
            late_creates[s] = creates[s];
            late_removes[s] = removes[s];
            hand_out(s, true)
        fi
       }
    :: atomic {
        sent[s] && culprit[s] == 0 ->
        believes[s] = believes[s] || evidence[s];
        hand_out(s, false)
       }
    :: atomic {
        sent[s] && culprit[s] != 0 -> /* it is taken out, the rest is sent again with what has come */
        printf("session %d: the entry of waiter %d failed\n", s, culprit[s] - 1);
        hand_out(s, false)
       }
    :: atomic {
        sent[s] && fault;
        printf("session %d: the answer is lost\n", s);
        hand_out(s, true)
       }
    od
}

/* ---- a waiter: an attempt, its hold, and its release ----------------------------------------------- */

proctype waiter(byte me)
{
    byte w;
    byte k;
    byte children;
    byte bad;
    byte in_front;
    bool leaves;  /* cancelled while in doubt */
    bool patient; /* never cancels: else no wait would be for ever */

    if
    :: patient = true
    :: patient = false
    fi;

    do
    :: atomic { /* first in line by the parent's Stat: no look, but belief */
        state[me] == first ->
        if
#ifdef BROKEN_BATCH_BELIEF
        :: true -> grant(me)
#else
        :: believes[session_of(me)] -> grant(me)
        :: else -> state[me] = created
#endif
        fi
       }
    :: atomic { /* listing, watch and wake in one step: lock.pml takes them apart */
        state[me] == created && !over[session_of(me)] && !has(alive, in_front) ->
        d_step {
            in_front = 1;
            do
            :: in_front < own[me] &&
               !(has(alive, in_front) && key_of(node[in_front].who) == key_of(me)) -> in_front++
            :: else -> break
            od
        };
        if
        :: !has(alive, own[me]) -> own[me] = 0; number[me] = 0; in_front = 0; state[me] = wants_create
        :: has(alive, own[me]) && in_front == own[me] ->
            in_front = 0;
            believes[session_of(me)] = true; /* what it is, or becomes by a check */
            grant(me)
        :: else -> printf("waiter %d: waits behind contender %d\n", me, in_front)
        fi
       }
    :: atomic { /* never created blindly again */
        state[me] == in_doubt && !over[session_of(me)] ->
        settle_late(session_of(me), bad);
        d_step {
            k = made;
            do
            :: k > 0 && !(has(alive, k) && node[k].who == me) -> k--
            :: else -> break
            od
        };
        own[me] = k;
        number[me] = node[k].czxid;
        printf("waiter %d: finds contender %d (0: none)\n", me, k);
        if
        :: k == 0 && leaves -> state[me] = gone
        :: k == 0 && !leaves -> state[me] = wants_create
        :: k != 0 && leaves -> state[me] = wants_remove
        :: k != 0 && !leaves -> state[me] = created
        fi;
        k = 0
       }
    :: atomic { state[me] == no_parent && !over[session_of(me)] ->
        parent[key_of(me)] = true;
        state[me] = wants_create
       }
    :: atomic { state[me] == held && !over[session_of(me)] ->
        printf("waiter %d: releases\n", me);
        state[me] = wants_remove
       }
    :: atomic { !patient && (state[me] == created || state[me] == first) ->
        printf("waiter %d: cancels\n", me);
        in_front = 0;
        state[me] = wants_remove
       }
    :: atomic { !patient && state[me] == in_doubt && !leaves -> leaves = true }
    :: atomic { over[session_of(me)] && state[me] != gone ->
        printf("waiter %d: is told that its session is lost\n", me);
        own[me] = 0;
        number[me] = 0;
        in_front = 0;
        state[me] = gone
       }
    :: atomic { state[me] == gone -> leaves = false; patient = false; break }
    od
}

/* ---- the world ------------------------------------------------------------------------------------ */

#define session_quiet(s) (!sent[s] && late_creates[s] == 0 && late_removes[s] == 0)
#if WAITERS == 3
#define all_gone (state[0] == gone && state[1] == gone && state[2] == gone)
#else
#define all_gone (state[0] == gone && state[1] == gone && state[2] == gone && state[3] == gone)
#endif
#define at_rest (all_gone && session_quiet(0) && session_quiet(1))

proctype world()
{
    byte s;
    byte w;
    byte k;
    byte children;
    byte bad;

    do
    :: atomic {
        late_creates[0] != 0 || late_removes[0] != 0 -> settle_late(0, bad)
       }
    :: atomic {
        late_creates[1] != 0 || late_removes[1] != 0 -> settle_late(1, bad)
       }
    :: atomic { /* belief lapses, and what is held is lost and stays lost */
        if
        :: (believes[0] || evidence[0]) && fault; s = 0
        :: (believes[1] || evidence[1]) && fault; s = 1
        fi;
        printf("time: the belief of session %d ends\n", s);
        believes[s] = false;
        evidence[s] = false;
        d_step {
            do
            :: w < WAITERS ->
                if
                :: session_of(w) == s && state[w] == held -> state[w] = wants_remove
                :: else
                fi;
                w++
            :: else -> break
            od;
            w = 0;
            s = 0
        }
       }
    :: atomic {
        if
        :: !over[0] && !believes[0] && !evidence[0] && fault; s = 0
        :: !over[1] && !believes[1] && !evidence[1] && fault; s = 1
        fi;
        printf("ensemble: session %d expires\n", s);
        over[s] = true;
        d_step {
            k = 1;
            do
            :: k <= made ->
                if
                :: has(alive, k) && session_of(node[k].who) == s -> remove_contender(k)
                :: else
                fi;
                k++
            :: else -> break
            od;
            k = 0;
            s = 0
        }
       }
    :: atomic {
        alive != 0 && fault;
        k = 1;
        do
        :: has(alive, k) -> break
        :: alive >> (k + 1) != 0 -> k++ /* or a later one */
        od;
        printf("operator: deletes contender %d\n", k);
        add(taken, k);
        remove_contender(k);
        k = 0
       }
    :: atomic {
        alive == 0 && faults > 0 && parent[0] -> faults--;
        parent[0] = false;
        printf("ensemble: the empty parent of key 0 is cleaned up\n")
       }
    :: atomic {
        at_rest ->
        assert(alive == 0); /* no contender is left behind */
        break
       }
    od
}

init
{
    byte i;

    atomic {
        do
        :: i < WAITERS -> run waiter(i); i++
        :: else -> break
        od;
        i = 0;
        run session(0);
        run session(1);
        run world()
    }
}

/* Every attempt ends: it is granted, or told. */
#define told(w) (state[w] == held || state[w] == gone)
ltl answered { <> told(0) && <> told(2) }
/* And everything comes to rest. */
ltl rests { <> (at_rest && alive == 0) }
