// Who is left when parents and leaders have ended.
#include "cases.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct gate gate;

static void about_orphan(int maker) {
  about(mark(), "mark", 0);
  facts();
  counts("proc.opid", maker);
  done();
}

// An orphan goes to the nearest reaper above: to one that the case is, or to one outside of it.
static void orphaned(bool reaper) {
  if (reaper) {
    must(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
    set_name("outer-reaper");
  }
  struct gate ended = make_gate();
  gate = make_gate();
  int middle = must(fork(), "fork");
  if (middle == 0) {
    set_name("maker");
    int maker = outer_pid();
    if (must(fork(), "fork") == 0) {
      set_name("made");
      about_orphan(maker);
      step_to(0, 1);
      wait_at(gate);
      about_orphan(maker);
      // The child of an orphan was made by it.
      int own = outer_pid(), child = must(fork(), "fork");
      if (child == 0) {
        about_orphan(own);
        _exit(0);
      }
      finish(child);
      open_gate(ended);
      _exit(0);
    }
    await(0, 1);
    _exit(0);
  }
  finish(middle);
  open_gate(gate);
  wait_at(ended);
  if (reaper) finish(-1);
}
static void orphan_of_the_outermost(void) { orphaned(false); }
static void orphan_of_a_reaper(void) { orphaned(true); }

// The first process of a namespace loses its parent, which is outside, to a reaper outside.
static void namespace_orphaned(bool reaper) {
  if (reaper) {
    must(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
    set_name("reaper-outside");
  }
  gate = make_gate();
  struct gate ended = make_gate();
  int middle = must(fork(), "fork");
  if (middle == 0) {
    set_name("maker-outside");
    must(unshare(CLONE_NEWPID), "unshare");
    if (must(fork(), "fork") == 0) {
      set_name("first-inside");
      mark_facts();
      step_to(0, 1);
      wait_at(gate);
      mark_facts();
      in_child(mark_facts);
      open_gate(ended);
      _exit(0);
    }
    await(0, 1);
    _exit(0);
  }
  finish(middle);
  open_gate(gate);
  wait_at(ended);
  if (reaper) finish(-1);
}
static void namespace_orphan(void) { namespace_orphaned(false); }
static void namespace_orphan_of_a_reaper(void) { namespace_orphaned(true); }

// Session and group outlive their leaders, whose names stay known.
static void leaders_ended(void) {
  must(prctl(PR_SET_CHILD_SUBREAPER, 1), "subreaper");
  gate = make_gate();
  int session = must(fork(), "fork");
  if (session == 0) {
    must(setsid(), "setsid");
    set_name("session-leader");
    int group = must(fork(), "fork");
    if (group == 0) {
      must(setpgid(0, 0), "setpgid");
      set_name("group-leader");
      if (must(fork(), "fork") == 0) {
        set_name("left");
        wait_at(gate);
        about(mark(), "mark", 0);
        facts();
        says("proc.sname", "session-leader");
        says("proc.pgid.name", "group-leader");
        done();
        _exit(0);
      }
      _exit(0);
    }
    finish(group);
    _exit(0);
  }
  finish(session);
  open_gate(gate);
  finish(-1);
}

const struct test_case kin_cases[] = {
    {"orphan of the outermost", orphan_of_the_outermost},
    {"orphan of a reaper", orphan_of_a_reaper},
    {"namespace orphaned", namespace_orphan},
    {"namespace orphaned to a reaper", namespace_orphan_of_a_reaper},
    {"leaders ended", leaders_ended},
    {0},
};
