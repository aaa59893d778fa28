// The groups of cases; each ends with an empty entry.
#ifndef REEL_CASES_H
#define REEL_CASES_H

#include "expect.h"

extern const struct test_case identity_cases[], image_cases[], place_cases[], object_cases[], file_cases[],
    socket_cases[], storm_cases[], environment_cases[], named_environment_cases[], absent_environment_cases[], kin_cases[],
    program_cases[], reopened_cases[], message_cases[];

#endif
