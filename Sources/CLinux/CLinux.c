// The target needs a translation unit; everything stands in the header.
#include "CLinux.h"
