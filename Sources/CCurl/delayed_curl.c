#include "delayed_curl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

// By its name of the binary interface, which has been the same since 2006.
static const char library_name[] = "libcurl.so.4";

static struct {
  CURLcode (*start)(long);
  CURL *(*init)(void);
  void (*cleanup)(CURL *);
  void (*reset)(CURL *);
  CURLcode (*perform)(CURL *);
  CURLcode (*send)(CURL *, const void *, size_t, size_t *);
  CURLcode (*recv)(CURL *, void *, size_t, size_t *);
  const char *(*strerror)(CURLcode);
  struct curl_slist *(*append)(struct curl_slist *, const char *);
  void (*free_list)(struct curl_slist *);
  CURLcode (*setopt)(CURL *, CURLoption, ...);
  CURLcode (*getinfo)(CURL *, CURLINFO, ...);
} curl_functions;

static CURLcode started = CURLE_FAILED_INIT;
static pthread_once_t loading = PTHREAD_ONCE_INIT;

// POSIX lets a pointer to a function be stored where dlsym's result is.
static bool find(void *library, const char *name, void *function) {
  void *found = dlsym(library, name);
  *(void **)function = found;
  return found != NULL;
}

static void load(void) {
  void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) return;
  bool is_whole = find(library, "curl_global_init", &curl_functions.start) &&
                  find(library, "curl_easy_init", &curl_functions.init) &&
                  find(library, "curl_easy_cleanup", &curl_functions.cleanup) &&
                  find(library, "curl_easy_reset", &curl_functions.reset) &&
                  find(library, "curl_easy_perform", &curl_functions.perform) &&
                  find(library, "curl_easy_send", &curl_functions.send) &&
                  find(library, "curl_easy_recv", &curl_functions.recv) &&
                  find(library, "curl_easy_strerror", &curl_functions.strerror) &&
                  find(library, "curl_slist_append", &curl_functions.append) &&
                  find(library, "curl_slist_free_all", &curl_functions.free_list) &&
                  find(library, "curl_easy_setopt", &curl_functions.setopt) &&
                  find(library, "curl_easy_getinfo", &curl_functions.getinfo);
  if (is_whole) started = curl_functions.start(CURL_GLOBAL_DEFAULT);
}

CURLcode reel_curl_start(void) {
  pthread_once(&loading, load);
  return started;
}

CURL *reel_curl_init(void) { return reel_curl_start() == CURLE_OK ? curl_functions.init() : NULL; }

// All others are called with what that made, or have nothing to do.

void reel_curl_cleanup(CURL *curl) {
  if (curl != NULL) curl_functions.cleanup(curl);
}

void reel_curl_reset(CURL *curl) {
  if (curl != NULL) curl_functions.reset(curl);
}

CURLcode reel_curl_perform(CURL *curl) { return curl == NULL ? CURLE_FAILED_INIT : curl_functions.perform(curl); }

CURLcode reel_curl_send(CURL *curl, const void *bytes, size_t count, size_t *sent) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.send(curl, bytes, count, sent);
}

CURLcode reel_curl_recv(CURL *curl, void *bytes, size_t count, size_t *received) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.recv(curl, bytes, count, received);
}

const char *reel_curl_strerror(CURLcode code) {
  return reel_curl_start() == CURLE_OK ? curl_functions.strerror(code) : "libcurl is not there";
}

struct curl_slist *reel_curl_append(struct curl_slist *list, const char *text) {
  return reel_curl_start() == CURLE_OK ? curl_functions.append(list, text) : NULL;
}

void reel_curl_free(struct curl_slist *list) {
  if (list != NULL) curl_functions.free_list(list);
}

CURLcode reel_curl_text(CURL *curl, CURLoption option, const char *value) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.setopt(curl, option, value);
}

CURLcode reel_curl_number(CURL *curl, CURLoption option, long value) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.setopt(curl, option, value);
}

CURLcode reel_curl_size(CURL *curl, CURLoption option, curl_off_t value) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.setopt(curl, option, value);
}

CURLcode reel_curl_bytes(CURL *curl, CURLoption option, const void *value) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.setopt(curl, option, value);
}

CURLcode reel_curl_fields(CURL *curl, struct curl_slist *fields) {
  return curl == NULL ? CURLE_FAILED_INIT : curl_functions.setopt(curl, CURLOPT_HTTPHEADER, fields);
}

CURLcode reel_curl_take(CURL *curl, reel_curl_taker body, reel_curl_taker field, void *context) {
  if (curl == NULL) return CURLE_FAILED_INIT;
  CURLcode code = curl_functions.setopt(curl, CURLOPT_WRITEFUNCTION, body);
  if (code == CURLE_OK) code = curl_functions.setopt(curl, CURLOPT_WRITEDATA, context);
  if (code == CURLE_OK) code = curl_functions.setopt(curl, CURLOPT_HEADERFUNCTION, field);
  if (code == CURLE_OK) code = curl_functions.setopt(curl, CURLOPT_HEADERDATA, context);
  return code;
}

CURLcode reel_curl_watch(CURL *curl, reel_curl_watcher watcher, void *context) {
  if (curl == NULL) return CURLE_FAILED_INIT;
  CURLcode code = curl_functions.setopt(curl, CURLOPT_XFERINFOFUNCTION, watcher);
  if (code == CURLE_OK) code = curl_functions.setopt(curl, CURLOPT_XFERINFODATA, context);
  if (code == CURLE_OK) code = curl_functions.setopt(curl, CURLOPT_NOPROGRESS, 0L);
  return code;
}

long reel_curl_status(CURL *curl) {
  long status = 0;
  if (curl == NULL) return 0;
  return curl_functions.getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}

int reel_curl_socket(CURL *curl) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl == NULL) return -1;
  return curl_functions.getinfo(curl, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK ? socket : -1;
}
