// What processes use, looked at from time to time.
#ifndef REEL_SAMPLE_H
#define REEL_SAMPLE_H

#include "memory.h"
#include "snapshot.h"

#define MAX_DESCRIPTOR_WORDS 4096

struct descriptor_count {
  __u64 bits;
  __u32 words, count;
};

static long count_descriptors(__u32 index, struct descriptor_count *state) {
  if (index >= state->words) return 1;
  __u64 word = 0;
  if (bpf_probe_read_kernel(&word, sizeof word, (void *)(state->bits + index * 8ull)) != 0) return 1;
  word -= word >> 1 & 0x5555555555555555ull;
  word = (word & 0x3333333333333333ull) + (word >> 2 & 0x3333333333333333ull);
  state->count += ((word + (word >> 4)) & 0x0F0F0F0F0F0F0F0Full) * 0x0101010101010101ull >> 56;
  return 0;
}

static __always_inline __u32 open_descriptors(struct reel_ring *ring, struct task_struct *task) {
  struct files_struct *files = READ(task, files);
  if (!files) return 0;
  struct fdtable *table = READ(files, fdt);
  struct descriptor_count state = {.bits = as_number(&ring->scratch, READ(table, open_fds)),
                                   .words = (READ(table, max_fds) + 63) / 64};
  bpf_loop(MAX_DESCRIPTOR_WORDS, count_descriptors, &state, 0);
  return state.count;
}

// The version of a thread that had no events, once it has used the CPU between two looks: sent for the sake of the sample.
static __always_inline __u64 sampled_version(struct reel_ring *ring, struct task_struct *task, __u64 cpu_time) {
  if (!is_selected(task)) return 0;
  struct task_slot *slot = slot_of_other(task->pid, task->start_boottime);
  if (!slot) return 0;
  __u64 before = slot->sampled_cpu_time;
  slot->sampled_cpu_time = cpu_time;
  __u32 generation = current_generation();
  if (slot->sampled_generation == generation) return slot->sampled_version;
  if (!before || before == cpu_time) return 0;
  __u64 now = time_since_boot(), address = as_number(&ring->scratch, task);
  __u64 image = define_image(settings.cpu_count, address, now, 0);
  __u64 version = image ? define_thread(settings.cpu_count, address, now, image, slot->original_parent) : 0;
  if (!version) return 0;
  slot->sampled_version = version;
  slot->sampled_generation = generation;
  return version;
}

// Tells of each thread. The time that a thread used counts for its process, whoever tells it.
SEC("iter/task")
int sample_threads(struct bpf_iter__task *context) {
  struct task_struct *task = context->task;
  struct seq_file *output = context->meta->seq;
  struct reel_ring *ring = ring_numbered(settings.cpu_count);
  if (!task || !ring) return 0;
  if (is_recorder(task) || task->exit_state || !is_selected(task)) return 0;
  if (is_full(ring)) return AGAIN;
  struct mm_struct *mm = READ(task, mm);
  // Threads of the kernel say nothing that their switches do not.
  if (!mm) return 0;
  struct task_slot *slot = known_slot(task->pid, task->start_boottime);
  __u64 cpu_time = READ(task, se.sum_exec_runtime);
  __u64 version = slot && slot->generation == current_generation() ? slot->version : 0;
  if (!version) version = sampled_version(ring, task, cpu_time);
  struct reel_sample *sample = (void *)record_at(ring, 0);
  __builtin_memset(sample, 0, sizeof *sample);
  sample->record.kind = REEL_RECORD_SAMPLE;
  sample->record.length = sizeof *sample;
  sample->record.time = time_since_boot();
  sample->thread = version;
  sample->process_start_time = READ(task, group_leader, start_boottime);
  sample->cpu_time = cpu_time;
  sample->pid = task->tgid;
  sample->tid = task->pid;
  if (task->pid == task->tgid) {
    struct signal_struct *signal = READ(task, signal);
    sample->ended_cpu_time = READ(signal, sum_sched_runtime);
    sample->threads = READ(signal, nr_threads);
    sample->virtual_kib = virtual_kib(mm);
    sample->resident_kib = resident_kib(mm);
    sample->swapped_kib = swapped_kib(mm);
    sample->descriptors = open_descriptors(ring, task);
  }
  ring_publish(ring, sizeof *sample);
  __u8 mark = 0;
  bpf_seq_write(output, &mark, sizeof mark);
  return 0;
}

#endif
