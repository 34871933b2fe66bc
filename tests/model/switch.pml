/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch.pml - how a switch, its worker and a recovery share one card of two functions.
 *
 * Two starters (a command, and the daemon) take the lock, recover what was interrupted, and switch, again and again. Each
 * write is made by a worker, which inherits the lock, and outlives its starter until the kernel comes back. At any moment
 * fate may kill a starter (SIGKILL) or cut the power; a write may fail, be slower than the deadline, or never come back.
 *
 * What is written down (journal, quarantine, wish) lies on the disk; all else is gone at a power cut, and the host boots with
 * the card on its host driver. `tests/model/run` says what is checked, and makes each MISTAKE below to see it found.
 */

#ifndef KILLS
#define KILLS 2 /* how often a starter is killed */
#endif
#ifndef CUTS
#define CUTS 1 /* how often the power fails */
#endif
#ifndef FAILS
#define FAILS 2 /* how many writes the kernel refuses */
#endif
#ifndef LATE
#define LATE 1 /* how many writes miss their deadline */
#endif

mtype = { nothing, host, vfio };

/* The card. */
mtype driver[2] = host;

/* On the disk. */
bool journal;
bool this_boot; /* was it written in this boot? */
mtype before[2] = nothing;
mtype goal = nothing;
bool quarantined; /* it names the boot, so that it ends with it */

/* Processes: 0 and 1 are the starters, and the workers of each. */
bool killed[2];
bool starter_locks[2];
bool worker_locks[2];
bool orphan[2]; /* the worker's starter is gone, or has given it up */
bool stuck[2];	/* given up while the kernel has it */

/* The write of each worker. */
bool asked[2];
bool flying[2]; /* inside the kernel */
bool hangs[2];	/* never to come back */
byte where[2];
mtype what[2] = nothing;

byte writers;
byte n_kills;
byte n_cuts;
byte n_fails;
byte n_late;

#define WHOLE(mode) (driver[0] == mode && driver[1] == mode)
#define LOCKED (starter_locks[0] || starter_locks[1] || worker_locks[0] || worker_locks[1])
#define STUCK (stuck[0] || stuck[1])
/* Never driverless without a journal entry; never two that write to one card. */
#define SAFE (!LOST && writers <= 1)
#define LOST ((driver[0] == nothing || driver[1] == nothing) && !(journal && this_boot) && !quarantined)
#define SETTLED (!journal && (WHOLE(host) || WHOLE(vfio) || quarantined))

/* An interrupted switch is finally whole or quarantined: starters come again, as boots, timers and people do. */
ltl settles { [] (journal -> <> SETTLED) }

/* The child that writes. It ends after the write that it is in when its starter is gone. */
proctype Worker(byte i)
{
	do
	:: atomic { asked[i] && !flying[i] -> flying[i] = true; writers++; assert(SAFE) }
	:: atomic {
		flying[i] && !hangs[i] ->
		if
		:: driver[where[i]] = what[i]
		:: n_fails < FAILS -> n_fails++
		fi;
		assert(SAFE);
		flying[i] = false;
		asked[i] = false;
		writers--;
		if
		:: orphan[i] && !stuck[i] -> orphan[i] = false; worker_locks[i] = false
		:: stuck[i] -> orphan[i] = false; stuck[i] = false
		:: else
		fi;
		where[i] = 0;
		what[i] = nothing
	   }
	:: atomic { flying[i] && !hangs[i] && n_late < LATE -> n_late++; hangs[i] = true }
	od
}

/* One write and its deadline. What came of it is read from the machine, never believed. */
inline write(function, to)
{
	atomic {
		!asked[i] ->
		where[i] = function;
		what[i] = to;
		asked[i] = true
	};
	if
	:: !asked[i]
	:: flying[i] && hangs[i] -> late = true
	:: flying[i] && !hangs[i] && n_late < LATE -> n_late++; late = true
	fi
}

inline bring(function, to)
{
	if
	:: !late && driver[function] != to && driver[function] != nothing -> write(function, nothing)
	:: else
	fi;
	if
	:: !late && to != nothing && driver[function] == nothing -> write(function, to)
	:: else
	fi
}

/* The worker is left behind; from now on the quarantine is what keeps others off the card, not the lock. */
inline give_up()
{
	quarantined = true;
	atomic {
		if
		:: late && asked[i] -> stuck[i] = true; orphan[i] = true; worker_locks[i] = false
		:: else
		fi
	}
}

inline restore()
{
	if
	:: !late -> bring(0, before[0]); bring(1, before[1])
	:: else
	fi;
	if
	:: late || driver[0] != before[0] || driver[1] != before[1] -> give_up()
	:: else
	fi
}

inline end_journal()
{
	d_step {
		journal = false;
		this_boot = false;
		before[0] = nothing; before[1] = nothing;
		goal = nothing;
		assert(SAFE)
	}
}

inline record()
{
	assert(WHOLE(goal)); /* the wish is written now */
	quarantined = false
}

inline recover()
{
	if
	:: !journal
	:: journal && !this_boot -> end_journal() /* another boot's is compared and set aside, never acted on */
#ifndef MISTAKE_TOUCHES_STUCK
	:: journal && this_boot && STUCK -> give_up(); end_journal()
	:: journal && this_boot && !STUCK ->
#else
	:: journal && this_boot ->
#endif
		if
		:: WHOLE(goal) -> record()
		:: else -> restore()
		fi;
		end_journal()
	fi
}

inline write_journal(mode)
{
	atomic {
		before[0] = driver[0];
		before[1] = driver[1];
		goal = mode;
		this_boot = true;
		journal = true
	}
}

inline switch(mode)
{
#ifndef MISTAKE_LATE_JOURNAL
	write_journal(mode);
#endif
	if
	:: driver[1] != nothing -> write(1, nothing)
	:: else
	fi;
#ifdef MISTAKE_LATE_JOURNAL
	write_journal(mode);
#endif
	if
	:: !late && driver[0] != nothing -> write(0, nothing)
	:: else
	fi;
	bring(0, mode);
	bring(1, mode);
#ifdef MISTAKE_WISH_FIRST
	record();
#endif
	if
	:: !late && WHOLE(mode) -> record()
	:: else ->
#ifdef MISTAKE_JOURNAL_ENDS_FIRST
		end_journal();
#endif
		restore()
	fi;
	end_journal()
}

/* A quarantined card is left alone while its worker hangs, and else tried again for the host only. */
inline choose()
{
	if
	:: STUCK -> want = nothing
	:: !STUCK && !WHOLE(host) -> want = host
	:: !STUCK && WHOLE(host) && quarantined -> quarantined = false; assert(SAFE); want = nothing
	:: !STUCK && WHOLE(host) && !quarantined -> want = vfio
	:: want = nothing
	fi
}

/* A lock that is kept by the worker of a starter that is gone: its deadline is the waiter's. */
inline take_lock()
{
	do
	:: atomic {
		!LOCKED ->
		starter_locks[i] = true;
#ifndef MISTAKE_LOCK_NOT_INHERITED
		worker_locks[i] = true;
#endif
		break
	   }
#ifndef MISTAKE_NOBODY_TAKES_OVER
	:: atomic {
		worker_locks[0] && orphan[0] && !stuck[0] && (hangs[0] || n_late < LATE) ->
		if
		:: !hangs[0] -> n_late++
		:: else
		fi;
		quarantined = true; stuck[0] = true; worker_locks[0] = false
	   }
	:: atomic {
		worker_locks[1] && orphan[1] && !stuck[1] && (hangs[1] || n_late < LATE) ->
		if
		:: !hangs[1] -> n_late++
		:: else
		fi;
		quarantined = true; stuck[1] = true; worker_locks[1] = false
	   }
#endif
	od
}

proctype Starter(byte i)
{
	bool late;
	mtype want = nothing;

	do
	:: {
		late = false;
		want = nothing;
		take_lock();
		recover();
		if
		:: !late -> choose()
		:: else
		fi;
		if
		:: want != nothing -> switch(want)
		:: else
		fi;
		atomic {
			starter_locks[i] = false;
			worker_locks[i] = false;
			want = nothing
		}
	   } unless {
		atomic {
			killed[i] ->
			killed[i] = false;
			starter_locks[i] = false;
			if
			:: asked[i] && !stuck[i] -> orphan[i] = true
			:: else -> worker_locks[i] = false
			fi
		}
	   }
	od
}

inline cut_power()
{
	d_step {
		driver[0] = host; driver[1] = host;
		this_boot = false;
		quarantined = false;
		killed[0] = true; killed[1] = true;
		starter_locks[0] = false; starter_locks[1] = false;
		worker_locks[0] = false; worker_locks[1] = false;
		orphan[0] = false; orphan[1] = false;
		stuck[0] = false; stuck[1] = false;
		where[0] = 0; where[1] = 0;
		what[0] = nothing; what[1] = nothing;
		asked[0] = false; asked[1] = false;
		flying[0] = false; flying[1] = false;
		hangs[0] = false; hangs[1] = false;
		writers = 0
	}
}

proctype Fate()
{
	do
	:: atomic { n_kills < KILLS && !killed[0] -> n_kills++; killed[0] = true }
	:: atomic { n_kills < KILLS && !killed[1] -> n_kills++; killed[1] = true }
	:: atomic { n_cuts < CUTS -> n_cuts++; cut_power() }
	od
}

init
{
	atomic {
		run Worker(0);
		run Worker(1);
		run Starter(0);
		run Starter(1);
		run Fate()
	}
}
