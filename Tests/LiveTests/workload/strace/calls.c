// Calls of every family: `calls [PART...]`, all parts without a name. It works in its current directory.
#include "calls.h"

#include <stdio.h>

static const struct {
  const char *name;
  void (*run)(void);
} parts[] = {
    {"files", files},         {"attributes", attributes}, {"memory", memory},       {"channels", channels},
    {"transfers", transfers}, {"sockets", sockets},       {"waiting", waiting},     {"signals", signals},
    {"processes", processes}, {"identities", identities}, {"mounts", mounts},       {"administration", administration},
    {"anything", anything},
};

int main(int count, char **names) {
  for (size_t index = 0; index < sizeof parts / sizeof *parts; index++) {
    int wanted = count == 1;
    for (int name = 1; name < count; name++) wanted |= !strcmp(names[name], parts[index].name);
    if (wanted) in_child(parts[index].run);
  }
  return 0;
}
