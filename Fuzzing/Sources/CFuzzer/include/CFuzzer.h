#ifndef REEL_CFUZZER_H
#define REEL_CFUZZER_H

#include <stddef.h>
#include <stdint.h>

// libFuzzer's entry point for programs that have a main function. Linked in by -sanitize=fuzzer.
int LLVMFuzzerRunDriver(int *_Nonnull argc, char *_Nullable *_Nonnull *_Nonnull argv,
                        int (*_Nonnull test)(const uint8_t *_Nullable data, size_t size));

// libFuzzer's own mutations, in place; gives the new size, at most `most`.
size_t LLVMFuzzerMutate(uint8_t *_Nonnull data, size_t size, size_t most);

// A file in memory that holds these bytes and nothing else; the same descriptor at each call, below 0 where there is none.
int reel_memory_file(const uint8_t *_Nullable data, size_t size);

#endif
