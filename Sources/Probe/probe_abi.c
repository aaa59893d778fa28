// The target's only translation unit: Swift imports the layouts of the header.
#include "probe_abi.h"
