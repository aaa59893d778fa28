// Memory, and what is shared through it.
#include "calls.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <linux/mempolicy.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>
#include <time.h>

static void mapping(void) {
  long memory = CALL(mmap, NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CALL(mmap, NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CALL(mmap, NULL, 4096, PROT_READ, MAP_SHARED, 999, 0);
  CALL(mprotect, memory, 4096, PROT_READ | PROT_EXEC);
  CALL(mprotect, memory + 1, 4096, PROT_NONE);
  CALL(madvise, memory, 65536, MADV_DONTNEED);
  CALL(madvise, memory, 65536, 9999);
  unsigned char pages[16];
  CALL(mincore, memory, 65536, pages);
  CALL(mlock, memory, 4096);
  CALL(mlock2, memory, 4096, 1);
  CALL(munlock, memory, 4096);
  CALL(mlockall, MCL_CURRENT | MCL_ONFAULT);
  CALL(munlockall);
  CALL(msync, memory, 4096, MS_SYNC);
  long moved = CALL(mremap, memory, 65536, 131072, MREMAP_MAYMOVE, 0);
  CALL(munmap, moved, 131072);
  CALL(munmap, 1, 4096);
  CALL(brk, 0);
  long hidden = CALL(memfd_create, "hidden", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CALL(memfd_create, "x", 0xffff);
  CALL(ftruncate, hidden, 8192);
  CALL(fcntl, hidden, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
  CALL(fcntl, hidden, F_GET_SEALS);
  long shared = CALL(mmap, NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, hidden, 0);
  CALL(remap_file_pages, shared, 4096, 0, 1, 0);
  CALL(munmap, shared, 8192);
  CALL(memfd_secret, O_CLOEXEC);
  CALL(close, hidden);
  unsigned long nodes = 1;
  CALL(mbind, NULL, 0, MPOL_BIND, &nodes, 8, 0);
  CALL(set_mempolicy, MPOL_DEFAULT, NULL, 0);
  int mode;
  CALL(get_mempolicy, &mode, &nodes, 64, NULL, 0);
  CALL(migrate_pages, 0, 8, &nodes, &nodes);
  CALL(move_pages, 0, 0, NULL, NULL, NULL, MPOL_MF_MOVE);
  long key = CALL(pkey_alloc, 0, 1);
  CALL(pkey_mprotect, 0, 0, PROT_READ, key);
  CALL(pkey_free, key);
  char one[8] = "one", two[8];
  struct iovec local = {two, 8}, remote = {one, 8};
  CALL(process_vm_readv, getpid(), &local, 1, &remote, 1, 0);
  CALL(process_vm_writev, getpid(), &local, 1, &remote, 1, 0);
  CALL(process_vm_readv, 999999, &local, 1, &remote, 1, 0);
  CALL(mseal, NULL, 0, 0);
}

static void sharing(void) {
  long area = CALL(shmget, IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  long address = CALL(shmat, area, NULL, SHM_RDONLY);
  struct shmid_ds about;
  CALL(shmctl, area, IPC_STAT, &about);
  CALL(shmdt, address);
  CALL(shmctl, area, IPC_RMID, NULL);
  CALL(shmget, 0x1234, 10, 0);
  CALL(shmat, -1, NULL, 0);
  long semaphores = CALL(semget, IPC_PRIVATE, 2, IPC_CREAT | IPC_EXCL | 0600);
  CALL(semctl, semaphores, 1, SETVAL, 3);
  CALL(semctl, semaphores, 1, GETVAL, 0);
  struct sembuf steps[2] = {{0, 1, SEM_UNDO}, {1, -2, IPC_NOWAIT}};
  CALL(semop, semaphores, steps, 2);
  struct sembuf blocked = {1, -9, IPC_NOWAIT};
  struct timespec soon = {0, 1000};
  CALL(semtimedop, semaphores, &blocked, 1, &soon);
  CALL(semop, -1, steps, 1);
  CALL(semctl, semaphores, 0, IPC_RMID, 0);
  long queue = CALL(msgget, IPC_PRIVATE, IPC_CREAT | 0600);
  struct {
    long type;
    char text[32];
  } message = {7, "a message"};
  CALL(msgsnd, queue, &message, 9, IPC_NOWAIT);
  CALL(msgrcv, queue, &message, 32, 0, IPC_NOWAIT);
  CALL(msgrcv, queue, &message, 32, 7, IPC_NOWAIT | MSG_NOERROR);
  struct msqid_ds info;
  CALL(msgctl, queue, IPC_STAT, &info);
  CALL(msgctl, queue, IPC_RMID, NULL);
  long posix = CALL(mq_open, "reel-calls", O_RDWR | O_CREAT | O_NONBLOCK, 0600, NULL);
  CALL(mq_timedsend, posix, "posted", 6, 5, NULL);
  unsigned priority;
  static char room[8192];
  CALL(mq_timedreceive, posix, room, sizeof room, &priority, NULL);
  CALL(mq_timedreceive, posix, room, sizeof room, &priority, &soon);
  long attributes[8];
  CALL(mq_getsetattr, posix, NULL, attributes);
  CALL(mq_notify, posix, NULL);
  CALL(close, posix);
  CALL(mq_unlink, "reel-calls");
  CALL(mq_open, "none", O_RDONLY);
}

void memory(void) {
  mapping();
  sharing();
}
