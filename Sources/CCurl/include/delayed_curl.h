// libcurl, loaded when something is sent for the first time. It needs thirty other libraries, and loading them would take a
// third of the time in which most commands are done. Before it is loaded, and where it is not installed, the functions that make something
// return NULL, and the others that they failed.
#pragma once
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/// Loads libcurl and starts it, once: CURLE_OK, or why not. Thread-safe.
CURLcode reel_curl_start(void);

CURL *reel_curl_init(void);
void reel_curl_cleanup(CURL *curl);
void reel_curl_reset(CURL *curl);
CURLcode reel_curl_perform(CURL *curl);
CURLcode reel_curl_send(CURL *curl, const void *bytes, size_t count, size_t *sent);
CURLcode reel_curl_recv(CURL *curl, void *bytes, size_t count, size_t *received);
const char *reel_curl_strerror(CURLcode code);
struct curl_slist *reel_curl_append(struct curl_slist *list, const char *text);
void reel_curl_free(struct curl_slist *list);

// What libcurl declares as variadic, which Swift cannot call.
CURLcode reel_curl_text(CURL *curl, CURLoption option, const char *value);
CURLcode reel_curl_number(CURL *curl, CURLoption option, long value);
CURLcode reel_curl_size(CURL *curl, CURLoption option, curl_off_t value);
CURLcode reel_curl_bytes(CURL *curl, CURLoption option, const void *value);
CURLcode reel_curl_fields(CURL *curl, struct curl_slist *fields);
typedef size_t (*reel_curl_taker)(char *bytes, size_t size, size_t count, void *context);
CURLcode reel_curl_take(CURL *curl, reel_curl_taker body, reel_curl_taker field, void *context);
typedef int (*reel_curl_watcher)(void *context, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
CURLcode reel_curl_watch(CURL *curl, reel_curl_watcher watcher, void *context);
long reel_curl_status(CURL *curl);
int reel_curl_socket(CURL *curl);
