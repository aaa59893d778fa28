// How much memory a task has.
#ifndef REEL_MEMORY_H
#define REEL_MEMORY_H

#include "maps.h"

// Pages of one kind, as /proc shows them: new kernels count in steps on each CPU. The kind is a literal, so that the whole
// path to the number is one relocation.
#define PAGES_OF_FILES 0
#define PAGES_ANONYMOUS 1
#define PAGES_SWAPPED 2
#define PAGES_SHARED 3
#define PAGES(mm, kind)                                                                 \
  ({                                                                                    \
    __s64 pages;                                                                        \
    if (bpf_core_field_exists(((struct mm_struct___plain *)0)->rss_stat.count)) {       \
      pages = READ((struct mm_struct___plain *)(mm), rss_stat.count[kind].counter);     \
    } else {                                                                            \
      pages = READ((mm), rss_stat[kind].count);                                         \
    }                                                                                   \
    pages < 0 ? 0ull : (__u64)pages;                                                    \
  })

static __always_inline __u64 virtual_kib(struct mm_struct *mm) { return READ(mm, total_vm) * settings.page_kib; }

static __always_inline __u64 resident_kib(struct mm_struct *mm) {
  return (PAGES(mm, PAGES_OF_FILES) + PAGES(mm, PAGES_ANONYMOUS) + PAGES(mm, PAGES_SHARED)) * settings.page_kib;
}

static __always_inline __u64 swapped_kib(struct mm_struct *mm) { return PAGES(mm, PAGES_SWAPPED) * settings.page_kib; }

#endif
