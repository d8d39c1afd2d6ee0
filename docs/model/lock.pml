/* The lock protocol of Paddock, one key, as a model for Spin. README.md says what is modelled and
 * what is not; `scripts/model` runs it.
 *
 * Each client runs the attempt machine of recipes/lock_machine.cpp, its reaper is src/reaper.cpp. The
 * labels of `client` are the names of the machine's steps. Everything that can go wrong costs one of
 * FAULTS, so a run is finite, and whoever still waits at its end waits for ever.
 */

/* ---- scope --------------------------------------------------------------------------------- */

#ifndef N
#define N 2 /* clients: each is a process with a session of its own */
#endif
#ifndef ATTEMPTS
#define ATTEMPTS 1 /* locks each client asks for, one after the other */
#endif
#ifndef FAULTS
#define FAULTS 2 /* of all kinds together, in any mix and at any time */
#endif

/* Each attempt makes one contender; each fault can make it make one more. */
#define NODES (N * ATTEMPTS + FAULTS)

/* Sets of contenders, of uuids and of epochs are bits. */
#if NODES < 8
#define set byte
#else
#define set short
#endif
#define bit(x) (1 << (x))
#define has(s, x) (((s) & bit(x)) != 0)
#define add(s, x) s = (s) | bit(x)
#define drop(s, x) s = (s) & ~bit(x)

/* ---- the ensemble: the state that its log has produced ---------------------------------------- */

/* Contenders are numbered in the order of their creation, so the number stands for the czxid. Within
 * one life of the parent the order of sequences is the same order, and a parent goes only when it is
 * empty; so the number stands for the sequence as well, which is `number - born` and starts again. */
typedef contender {
    byte who;  /* the client, */
    byte ep;   /* and which of its sessions: ephemeralOwner */
    byte uuid  /* of the attempt: part of the name */
}
contender node[NODES + 1]; /* 0 is no contender */
byte made;                 /* how many were created so far */
byte born;                 /* `made` when the parent was made */
bool parent;               /* the container exists */
set alive;                 /* contenders that exist */
set taken;                 /* contenders that an operator deleted */
set sessions[N];           /* epochs of the client that the ensemble has not ended */

byte faults = FAULTS; /* that may still happen */

/* A client reads from a server, and a server lags: `view` is what it shows. What the client wrote or
 * waited for with a sync it also sees. A watch fires when the view changes, not when the log does. */
#ifdef PROMPT /* servers that do not lag make fewer states */
#define view(c) alive
#define catch_up(c) skip
#else
set shown[N];
#define view(c) shown[c]
#define catch_up(c) shown[c] = alive
#endif

/* A create that was sent on a connection that broke, and that may still arrive; 0: none. */
byte late_uuid[N];
byte late_ep[N];

/* ---- a client ---------------------------------------------------------------------------------- */

mtype = { trying, held, lost, idle, finished };

mtype phase[N] = idle;
byte epoch[N];   /* counts the client's sessions */
byte uuid[N];    /* of the running attempt */
byte own[N];     /* its contender, once known */
byte watched[N]; /* the contender in front, while a watch on it is set */
byte number[N];  /* the token of the hold */

/* Time is only this: belief ends at some moment, and the ensemble expires no session while anything
 * is believed or while an answer is on its way that may still give belief. docs/guarantees.md derives
 * that from the evidence rule: the deadline counts from the *sending* of a write that a quorum
 * committed. Here a lapse is the deadline that passes, and it voids the evidence sent before. */
bool believes[N];
bool evidence[N]; /* a committed write of the attempt is unanswered, and was sent after the last lapse */

/* The reaper's victims: by name, and by uuid where the name is not known. */
set doomed[N];
set doomed_uuids[N];

byte writing[N]; /* token of a write that is on its way to the resource; 0: none */

/* ---- what must hold ---------------------------------------------------------------------------- */

byte last_token; /* of the newest grant */
byte mark;       /* the fenced resource: the highest token it has seen, */
byte accepted;   /* and the token of the last write it accepted */

#define live(c) has(sessions[c], epoch[c])
#define holder(c) (phase[c] == held)
/* The one exception docs/guarantees.md makes: an operator deleted the contender under a hold. */
#define robbed(c) has(taken, own[c])

/* Called in the step that makes a hold: no other step makes a believer. */
inline check_grant(c)
{
    assert(believes[c]);
#if !defined(BROKEN_BELIEF) && !defined(BROKEN_EVIDENCE) && !defined(BROKEN_PING)
    assert(live(c) || robbed(c)); /* stronger than the promise; the three are to show its breach */
#endif
    d_step {
        other = 0;
        do
        :: other < N ->
            assert(other == c || !holder(other) || robbed(other) || robbed(c)); /* one believer */
            other++
        :: else -> break
        od;
        other = 0
    };
    assert(number[c] > last_token || robbed(c)); /* tokens of successive grants rise */
    last_token = (number[c] > last_token -> number[c] : last_token)
}

/* A client deletes its own contenders only, and none that an attempt of it still uses. */
inline check_delete(c, k)
{
    assert(node[k].who == c);
    assert(k != own[c]);
    assert(phase[c] != trying || node[k].uuid != uuid[c] || has(doomed_uuids[c], uuid[c]))
}

/* ---- the ensemble's transactions ------------------------------------------------------------------ */

inline create_contender(c, e, u)
{
    assert(made < NODES);
    made++;
    node[made].who = c;
    node[made].ep = e;
    node[made].uuid = u;
    add(alive, made)
}

inline remove_contender(k)
{
    drop(alive, k);
    node[k].who = 0; /* what is gone is forgotten, which makes fewer states */
    node[k].ep = 0;
    node[k].uuid = 0
}

inline end_session(c, e, k)
{
    drop(sessions[c], e);
    d_step {
        k = 1;
        do
        :: k <= made ->
            if
            :: has(alive, k) && node[k].who == c && node[k].ep == e -> remove_contender(k)
            :: else
            fi;
            k++
        :: else -> break
        od;
        k = 0
    }
}

/* A request from a broken connection of this session is ordered before the sync, or refused because
 * the session has moved. */
inline sync(c)
{
#ifndef BROKEN_SYNC
    if
    :: late_uuid[c] != 0 && late_ep[c] == epoch[c] ->
        if
        :: live(c) && parent ->
            printf("ensemble: the late create of client %d is applied before its sync\n", c);
            create_contender(c, epoch[c], late_uuid[c])
        :: true /* refused */
        fi;
        late_uuid[c] = 0;
        late_ep[c] = 0
    :: else
    fi;
#endif
    catch_up(c)
}

/* The contender of an attempt, as the client's server shows it; 0: none. */
inline find(c, u, k)
{
    d_step {
        k = made;
        do
#ifdef BROKEN_UUID
        :: k > 0 && !(has(view(c), k) && node[k].who == c) -> k--
#else
        :: k > 0 && !(has(view(c), k) && node[k].who == c && node[k].uuid == u) -> k--
#endif
        :: else -> break
        od
    }
}

/* ---- the client's own steps ------------------------------------------------------------------------- */

/* Evidence counts if belief has not lapsed since it was sent. */
inline take_evidence(c)
{
#ifdef BROKEN_EVIDENCE
    evidence[c] = true; /* as if the time of the answer counted */
#endif
    believes[c] = believes[c] || evidence[c];
    evidence[c] = false
}

/* The next session begins: nothing of the old one is believed, waited for, or deleted by us. */
inline renew(c)
{
    epoch[c]++;
    add(sessions[c], epoch[c]);
    believes[c] = false;
    evidence[c] = false;
    doomed[c] = 0;
    doomed_uuids[c] = 0;
    own[c] = 0;
    watched[c] = 0;
    number[c] = 0
}

inline grant(c)
{
#ifdef BROKEN_TOKEN
    number[c] = own[c] - born; /* the sequence */
#else
    number[c] = own[c]; /* the czxid */
#endif
    watched[c] = 0;
    phase[c] = held;
    printf("client %d: granted, token %d\n", c, number[c]);
    check_grant(c)
}

/* An attempt, or a hold, that ends while its session lives. */
inline leave(c)
{
    if
    :: own[c] != 0 -> add(doomed[c], own[c])
#ifdef BROKEN_REAPER
    :: else
#else
    :: else -> add(doomed_uuids[c], uuid[c])
#endif
    fi;
    own[c] = 0;
    watched[c] = 0;
    number[c] = 0;
    phase[c] = idle
}

#define fault faults > 0 -> faults--

/* The ways in which a session ends for its client. It is told by a server; or it gives up, after a
 * time-out without any answer, and then the ensemble expires the old session later. */
#define told_over(c) !live(c)
#define gives_up(c) (live(c) && !believes[c] && !holder(c) && faults > 0)

proctype client(byte c)
{
    byte left = ATTEMPTS;
    byte other;   /* of check_grant */
    byte in_front;
    bool wrote;
    bool patient; /* never cancels: else no wait would be for ever */

next:
    atomic {
        if
        :: left > 0 ->
            left--;
            phase[c] = trying;
            printf("client %d: asks for the lock\n", c);
            if
            :: patient = true
            :: patient = false
            fi
        :: else -> phase[c] = finished; uuid[c] = 0; patient = false; goto stop
        fi;
        goto enqueue_at_once
    }

    /* A create and a listing leave together. */
enqueue:
    atomic {
        own[c] = 0;
        watched[c] = 0;
enqueue_at_once:
        uuid[c]++;
create:
        if
        :: live(c) && !parent -> goto make_parents
        :: live(c) && parent ->
            create_contender(c, epoch[c], uuid[c]);
            catch_up(c);
            evidence[c] = true;
            printf("client %d: creates contender %d in epoch %d\n", c, made, epoch[c]);
            in_front = made /* the answer, on its way */
        :: fault;
            printf("client %d: the create is lost\n", c);
            goto search
        :: live(c) && late_uuid[c] == 0 && fault;
            late_uuid[c] = uuid[c];
            late_ep[c] = epoch[c];
            printf("client %d: the connection breaks behind the create, which may still arrive\n", c);
            goto search
        :: told_over(c) -> goto session_over
        fi
    }
enqueued:
    atomic {
        if
        :: own[c] = in_front;
            in_front = 0;
            take_evidence(c);
            if
            :: goto decide
            :: fault; /* the answer to the listing is lost, the contender stands */
                goto list
            :: !patient -> goto cancel
            fi
        :: fault;
            printf("client %d: the answer to the create is lost\n", c);
            in_front = 0;
            evidence[c] = false;
            if
            :: goto search
            :: !patient -> goto cancel
            fi
        :: told_over(c) -> in_front = 0; goto session_over
        fi
    }

make_parents:
    atomic {
        if
        :: live(c) ->
            if
            :: !parent -> parent = true; born = made; printf("client %d: makes the parent\n", c)
            :: else
            fi;
            goto create
        :: told_over(c) -> goto session_over
        fi
    }

    /* In doubt: look for the uuid, never create blindly. */
search:
    atomic {
        if
#ifdef BROKEN_ADOPT
        :: told_over(c) || gives_up(c) -> /* the attempt outlives its session */
            if
            :: live(c) -> faults--
            :: else
            fi;
            renew(c);
            printf("client %d: goes on in epoch %d\n", c, epoch[c])
#else
        :: told_over(c) -> goto session_over
        :: gives_up(c) -> goto abandon
#endif
        :: live(c) ->
            sync(c);
            find(c, uuid[c], in_front);
            if
            :: in_front == 0 -> /* it cannot arrive any more; the reaper makes sure */
                add(doomed_uuids[c], uuid[c]);
                goto enqueue
            :: else
            fi;
            goto read_own
        :: !patient -> goto cancel
        fi
    }
    goto search; /* only of the broken variant */

read_own:
    atomic {
        if
        :: has(view(c), in_front) ->
#ifndef BROKEN_ADOPT
            if
            :: node[in_front].ep != epoch[c] && has(alive, in_front) ->
                add(doomed_uuids[c], uuid[c]);
                in_front = 0;
                goto enqueue
            :: else
            fi;
#endif
            own[c] = in_front;
            in_front = 0;
            printf("client %d: adopts contender %d\n", c, own[c])
        :: !has(view(c), in_front) -> in_front = 0; goto enqueue
        :: told_over(c) -> in_front = 0; goto session_over
        fi
    }

    /* Reads change nothing, so a listing and the decision are one step: what happens between them in
     * the world can as well happen before the next request. */
list:
    atomic {
        if
        :: true
        :: told_over(c) -> goto session_over
        :: !patient -> goto cancel
        fi;
decide:
#ifdef BROKEN_PING
        believes[c] = true; /* an answered read as evidence */
#endif
        if
        :: !has(view(c), own[c]) -> goto enqueue
        :: else
        fi;
        d_step {
            in_front = own[c] - 1;
            do
            :: in_front > 0 && !has(view(c), in_front) -> in_front--
            :: else -> break
            od
        };
        if
        :: in_front == 0 -> goto believe
        :: else
        fi
    }

watch:
    atomic {
        if
        :: has(view(c), in_front) ->
            watched[c] = in_front;
            printf("client %d: waits behind contender %d\n", c, in_front);
            in_front = 0
        :: !has(view(c), in_front) ->
            in_front = 0;
#ifdef BROKEN_WATCH
            goto wait /* a watch on what is gone never fires */
#else
            goto list
#endif
        :: told_over(c) -> in_front = 0; goto session_over
        fi
    }
wait:
    atomic {
        if
        :: watched[c] != 0 && !has(view(c), watched[c]) ->
            printf("client %d: is woken, contender %d is gone\n", c, watched[c]);
            watched[c] = 0;
#ifdef BROKEN_GRANT_ON_EVENT
            goto believe
#else
            goto list
#endif
        :: !has(alive, own[c]) && live(c) -> /* found by a check, which is a write */
            catch_up(c);
            watched[c] = 0;
            goto list
        :: told_over(c) -> goto session_over
        :: gives_up(c) -> goto abandon
        :: !patient -> goto cancel
        fi
    }

believe:
    atomic {
        if
        :: believes[c] -> grant(c); goto hold
        :: !believes[c] && live(c) -> /* one check, through the quorum */
            catch_up(c);
            if
            :: has(alive, own[c]) -> evidence[c] = true
            :: else -> goto list
            fi
        :: told_over(c) -> goto session_over
        :: gives_up(c) -> goto abandon
        fi
    }
    atomic {
        if
        :: take_evidence(c);
            if
            :: believes[c] -> grant(c); goto hold
            :: else -> goto list /* the answer came too late */
            fi
        :: fault; evidence[c] = false; goto list
        :: told_over(c) -> goto session_over
        fi
    }

hold:
    atomic {
        if
        :: holder(c) && !wrote && writing[c] == 0 ->
            wrote = true;
            writing[c] = number[c];
            printf("client %d: held() is true, writes with token %d\n", c, number[c]);
            goto hold
        :: holder(c) ->
            printf("client %d: releases\n", c);
            leave(c)
        :: phase[c] == lost ->
            printf("client %d: has lost the hold, its contender is reaped\n", c);
            leave(c)
        :: !has(alive, own[c]) && live(c) ->
            printf("client %d: finds its contender deleted, the hold is lost\n", c);
            own[c] = 0;
            number[c] = 0;
            phase[c] = idle
        :: told_over(c) -> goto session_over
        fi;
        wrote = false;
        goto next
    }

cancel:
    atomic {
        printf("client %d: cancels\n", c);
        in_front = 0;
        leave(c);
        goto next
    }

abandon:
    atomic {
        if
        :: gives_up(c) -> faults--; printf("client %d: gives its session up\n", c)
        :: else
        fi
    }

session_over:
    atomic {
        in_front = 0;
        wrote = false;
        phase[c] = idle;
        renew(c);
        printf("client %d: is told that its session is lost; epoch %d begins\n", c, epoch[c]);
        goto next
    }

stop:
end_stop: /* the session lives on, for the reaper */
    do
    :: atomic { told_over(c) -> renew(c) }
    od
}

/* Works until every victim is confirmed gone or its session is over, whatever the client does. */
proctype reaper(byte c)
{
    byte k;
    byte wanted;

end_none:
    do
    :: atomic {
        doomed[c] != 0 && live(c) ->
        k = 1;
        do
        :: !has(doomed[c], k) -> k++
        :: else -> break
        od;
        if
        :: has(alive, k) ->
            check_delete(c, k);
            remove_contender(k);
            printf("reaper %d: deletes contender %d\n", c, k)
        :: !has(alive, k) /* NoNode: as good */
        :: fault; goto again /* the request is lost; */
        fi;
        catch_up(c);
        if
        :: drop(doomed[c], k)
        :: fault /* or its answer: delete again */
        fi;
again:
        k = 0
       }
    :: atomic {
        doomed[c] == 0 && doomed_uuids[c] != 0 && live(c) ->
        k = 1;
        do
        :: !has(doomed_uuids[c], k) -> k++
        :: else -> break
        od;
        sync(c);
        wanted = k;
        find(c, wanted, k);
        if
        :: k != 0 -> add(doomed[c], k) /* delete it, and look again */
        :: else -> drop(doomed_uuids[c], wanted)
        fi;
        k = 0;
        wanted = 0
       }
    od
}

/* What happens to one client from outside, at any moment. */
proctype world(byte c)
{
    byte k;
    byte old;

end_quiet:
    do
#ifndef PROMPT
    :: view(c) != alive -> catch_up(c)
#endif
    :: atomic {
        late_uuid[c] != 0 ->
        if
        :: has(sessions[c], late_ep[c]) && parent ->
            create_contender(c, late_ep[c], late_uuid[c]);
            printf("ensemble: the late create of client %d arrives as contender %d\n", c, made)
        :: true /* lost on the way, or refused */
        fi;
        late_uuid[c] = 0;
        late_ep[c] = 0
       }
    :: atomic {
        (believes[c] || evidence[c]) && fault;
        believes[c] = false;
        evidence[c] = false;
        printf("time: the belief of client %d ends\n", c);
        if
        :: holder(c) -> phase[c] = lost /* and stays lost */
        :: else
        fi
       }
    :: atomic {
#ifdef BROKEN_BELIEF
        live(c) && faults > 0 -> /* belief outlives what the ensemble grants */
#else
        live(c) && !believes[c] && !evidence[c] && faults > 0 ->
#endif
        faults--;
        printf("ensemble: the session of client %d expires\n", c);
        end_session(c, epoch[c], k)
       }
    :: atomic { /* a session that its client gave up has no other end */
        (sessions[c] & (bit(epoch[c]) - 1)) != 0 ->
        k = 0;
        do
        :: !has(sessions[c], k) -> k++
        :: else -> break
        od;
        printf("ensemble: the session of epoch %d of client %d expires\n", k, c);
        old = k;
        end_session(c, old, k);
        old = 0
       }
    :: atomic {
        writing[c] != 0 ->
#ifndef BROKEN_FENCE
        if
        :: writing[c] < mark ->
            assert(!(holder(c) && number[c] == writing[c]) || robbed(c)); /* a believer may write */
            printf("resource: refuses token %d of client %d\n", writing[c], c)
        :: else ->
#endif
            printf("resource: accepts token %d of client %d\n", writing[c], c);
            assert(writing[c] >= accepted);
            accepted = writing[c];
            mark = writing[c];
#ifndef BROKEN_FENCE
        fi;
#endif
        writing[c] = 0
       }
    od
}

/* Nobody wants, holds, reaps, or waits for an end any more. */
#define quiet(c)                                                                                     \
    (phase[c] == finished && doomed[c] == 0 && doomed_uuids[c] == 0 && late_uuid[c] == 0 &&          \
     writing[c] == 0 && view(c) == alive && (sessions[c] & (bit(epoch[c]) - 1)) == 0)
#if N == 2
#define at_rest (quiet(0) && quiet(1))
#else
#define at_rest (quiet(0) && quiet(1) && quiet(2))
#endif

/* What an operator and the container clean-up do; and the end, when all is quiet. Whoever waits for
 * ever keeps this process from its end, which Spin reports as an invalid end state. */
proctype administration()
{
    byte k;

    do
    :: atomic {
        alive != 0 && fault;
        k = 1;
        do
        :: has(alive, k) -> break
        :: alive >> (k + 1) != 0 -> k++ /* or a later one */
        od;
        add(taken, k);
        remove_contender(k);
        printf("operator: deletes contender %d\n", k);
        k = 0
       }
    :: atomic {
        parent && alive == 0 && made > born && fault;
        parent = false;
        printf("ensemble: the empty parent is cleaned up\n")
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
    byte c;

    atomic {
        do
        :: c < N ->
            add(sessions[c], 0);
            run client(c);
            run reaper(c);
            run world(c);
            c++
        :: else -> break
        od;
        c = 0;
        run administration()
    }
}

/* Every attempt ends: it is granted, or told. By symmetry client 0 stands for all. */
ltl answered { [] (phase[0] == trying -> <> (phase[0] != trying)) }
/* And everything comes to rest. */
ltl rests { <> (at_rest && alive == 0) }
