// What was there before: all threads and descriptors, told to user space through iterators.
//
// They write into the snapshot's own ring, and one byte for each thing into what user space reads: so a read of n bytes
// goes n things further, and user space empties the ring between reads. A program that finds no room asks to be called
// again with the same thing.
#ifndef REEL_SNAPSHOT_H
#define REEL_SNAPSHOT_H

#include "object.h"
#include "operation.h"
#include "registers.h"
#include "uring.h"

#define AGAIN 1

// User space empties the ring between reads and starts over at its front, the only part of it that is mapped. One thing is
// told with few records.
static __always_inline bool is_full(struct reel_ring *ring) {
  return ring->head - ring->tail >= REEL_SNAPSHOT_ROOM || !ring_has_room(ring, 96 * 1024, true);
}

// Sends an object of the snapshot; it gets a number of its own, and shares that of the thing with all events about it.
__noinline __u64 define_snapshot_object(__u64 task_address, __u64 file_address, __u64 now) {
  __u32 ring_number = settings.cpu_count;
  struct reel_ring *ring = ring_numbered(ring_number);
  __u32 zero = 0;
  struct request *room = bpf_map_lookup_elem(&snapshot_request, &zero);
  if (!ring || !room) return 0;
  struct object_source source;
  struct object_key *key = &room->key;
  if (!take_source(ring, &source, key, file_address)) return 0;
  struct object_entry *entry = &room->entry;
  __builtin_memset(entry, 0, sizeof *entry);
  entry->object = next_identity(ring, ring_number);
  entry->inode = as_number(&ring->scratch, source.inode);
  entry->inode_number = inode_identity(source.inode);
  entry->is_nameless = is_nameless((struct dentry *)key->dentry, source.inode);
  entry->fingerprint = file_fingerprint(entry_fingerprint(source.file, source.inode), &ring->scratch, file_address, source.file, source.inode);
  struct object_entry *known = bpf_map_lookup_elem(&open_files, &file_address);
  if (known && is_same_thing(entry, known)) {
    entry->name = known->name;
    entry->thing = known->thing;
    entry->role = known->role;
  } else {
    entry->name = entry->object;
    entry->thing = thing_of(entry, source.inode);
  }
  put_object(ring, ring_number, task_address, &source, key, entry, now, false);
  return entry->object;
}

SEC("iter/task")
int snapshot_threads(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct seq_file *output = context->meta->seq;
  __u32 ring_number = settings.cpu_count;
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!task || !ring) return 0;
  if (is_full(ring)) return AGAIN;
  __u64 now = time_since_boot();
  __u64 address = as_number(&ring->scratch, task);
  struct task_slot *slot = known_slot(task->pid, task->start_boottime);
  __u64 image = define_image(ring_number, address, now, 0);
  __u64 version = define_thread(ring_number, address, now, image, slot ? slot->original_parent : 0);
  struct reel_state_thread *state = (void *)record_at(ring, 0);
  state->record.kind = REEL_RECORD_STATE_THREAD;
  state->record.flags = 0;
  state->record.time = now;
  state->record.length = sizeof *state;
  state->thread = version;
  state->cpu_time = task->utime + task->stime;
  struct mm_struct *mm = READ(task, mm);
  state->virtual_pages = mm ? READ(mm, total_vm) : 0;
  state->task_state = task->__state;
  state->exit_state = task->exit_state;
  state->call = slot ? slot->enter_number : ~0u;
  state->is_selected = is_selected(task);
  ring_publish(ring, sizeof *state);
  __u8 mark = 0;
  bpf_seq_write(output, &mark, sizeof mark);
  return 0;
}

SEC("iter/task_file")
int snapshot_descriptors(struct bpf_iter__task_file *context) {
  struct task_struct *task = context->task;
  struct file *file = context->file;
  struct seq_file *output = context->meta->seq;
  __u32 ring_number = settings.cpu_count;
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!task || !file || !ring) return 0;
  if (is_recorder(task) || !is_selected(task)) return 0;
  if (is_full(ring)) return AGAIN;
  __u64 now = time_since_boot();
  __u64 address = as_number(&ring->scratch, task);
  __u64 object = define_snapshot_object(address, as_number(&ring->scratch, file), now);
  struct reel_state_descriptor *state = (void *)record_at(ring, 0);
  state->record.kind = REEL_RECORD_STATE_DESCRIPTOR;
  state->record.flags = 0;
  state->record.time = now;
  state->record.length = sizeof *state;
  state->object = object;
  state->process_start_time = READ(task, group_leader, start_boottime);
  state->position = file->f_pos;
  state->pid = task->tgid;
  state->tid = task->pid;
  state->descriptor = context->fd;
  __u64 word = 0;
  __u64 bits = as_number(&ring->scratch, READ(task, files, fdt, close_on_exec));
  bpf_probe_read_kernel(&word, sizeof word, (void *)(bits + (context->fd / 64) * 8));
  state->closes_on_exec = word >> (context->fd & 63) & 1;
  ring_publish(ring, sizeof *state);
  __u8 mark = 0;
  bpf_seq_write(output, &mark, sizeof mark);
  return 0;
}

// The calls that are still running when the recording ends, as events without an end. Their arguments are those of the
// registers: what they point to belongs to another task's memory.
SEC("iter/task")
int snapshot_calls(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct seq_file *output = context->meta->seq;
  __u32 ring_number = settings.cpu_count;
  struct reel_ring *ring = ring_numbered(ring_number);
  if (!task || !ring) return 0;
  if (is_recorder(task)) return 0;
  if (is_full(ring)) return AGAIN;
  struct task_slot *slot = known_slot(task->pid, task->start_boottime);
  if (slot && slot->enter_number != ~0u && slot->enter_time && slot->version && task->exit_state == 0) {
    struct reel_operation *operation = operation_of(slot->enter_number, is_compat(task), 0);
    if (operation->flags & REEL_OPERATION_ENABLED) {
      // Where those of the 32-bit entry stand, the call's own registers do not say for all calls.
      __u32 count = is_compat(task) ? 0 : operation->argument_count & 7;
      struct reel_event *event = (void *)record_at(ring, 0);
      event->record.kind = REEL_RECORD_EVENT;
      event->record.flags = REEL_EVENT_UNFINISHED | (is_compat(task) ? REEL_EVENT_COMPAT : 0);
      event->record.time = time_since_boot();
      event->start = slot->enter_time;
      event->result = 0;
      event->thread = slot->version;
      event->object = slot->enter_object;
      event->tid = task->pid;
      event->type = operation->type;
      event->capture_count = 0;
      __u64 *stored = (__u64 *)(event + 1);
      struct pt_regs *registers = (struct pt_regs *)bpf_task_pt_regs(task);
      if (registers) load_arguments(registers, stored);
      if (operation->flags & REEL_OPERATION_WITH_EXTRA) {
        stored[count] = operation->flags & REEL_OPERATION_WITH_NUMBER ? slot->enter_number : 0;
        count++;
      }
      event->argument_count = count;
      __u64 length = sizeof *event + (__u64)(count & 7) * 8;
      event->record.length = length;
      ring_publish(ring, length);
    }
  }
  __u8 mark = 0;
  bpf_seq_write(output, &mark, sizeof mark);
  return 0;
}

// Requests of io_uring that have not completed when the recording ends.
SEC("iter/bpf_map_elem")
int snapshot_requests(struct bpf_iter__bpf_map_elem *context) {
  struct uring_request *entry = context->value;
  __u64 *key = context->key;
  struct seq_file *output = context->meta->seq;
  struct reel_ring *ring = ring_numbered(settings.cpu_count);
  if (!entry || !key || !ring) return 0;
  if (is_full(ring)) return AGAIN;
  __u64 address = *key;
  put_uring_event(ring, address, entry, bpf_map_lookup_elem(&uring_paths, &address), 0, entry->object, REEL_EVENT_UNFINISHED);
  __u8 mark = 0;
  bpf_seq_write(output, &mark, sizeof mark);
  return 0;
}

#endif
