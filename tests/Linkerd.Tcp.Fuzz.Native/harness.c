/* Drives the OpenSSL provider (BIO, session, record layer) through the exports of the shared library beside it, with libssl as its peer.
   usage: harness random COUNT [SEED]   connections, three at once, with random sizes, and something that happens to one byte of the peer
          harness bytes STRIDE          one short connection for each byte that the peer sends and each thing that may happen to it
   Checks: memory (sanitizers, valgrind, guard pages behind every buffer), what arrives is a prefix of what was sent, and all of it if nobody meddles, no error is left in OpenSSL's queue. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern int ours_load(void);
extern void *ours_make(int kind);
extern void ours_free(void *end);
extern void *ours_open(void *end, void *state, int (*receive)(void *, unsigned char *, int, int *), int (*send)(void *, const unsigned char *, int, int *));
extern int ours_handshake(void *session);
extern int ours_read(void *session, unsigned char *buffer, int length, int *count, int *end);
extern int ours_send(void *session, const unsigned char *data, int length, int *sent);
extern int ours_has_input(void *session);
extern int ours_has_output(void *session);
extern void ours_flush(void *session);
extern void ours_end_send(void *session);
extern void ours_close(void *session);
extern void ours_collect(void);

enum { OK, RESET };
enum { NOTHING, SPLIT, FLIP, INSERT, REMOVE, REPEAT, FIN, RST, ACTIONS };
static const char *const action_names[] = { "nothing", "split", "flip", "insert", "remove", "repeat", "fin", "rst" };

/* Our ends: a client, a server, a server that verifies clients. */
enum { CLIENT, SERVER, VERIFYING, KINDS };

enum { ARENA = 256 * 1024 };

typedef struct { unsigned char *data; size_t start, end, size; } bytes;

typedef struct {
  uint64_t random;
  int version, kind, resumes, most_chunk, most_buffer, asks_key_updates;
  long at;
  int action;
  size_t up, down; /* bytes of plaintext from the peer, and to the peer */

  SSL *peer;
  void *ours;
  bytes to_ours, to_peer;
  long offset, split_at;
  int has_split, has_met, wire_end;
  int ours_state, peer_state; /* of the handshake: 0, 1 done, -1 failed */
  size_t peer_sent, ours_received, ours_sent, peer_received;
  int unsent, ours_read_ended, ours_end, ours_send_failed, ours_ended_send, peer_ended, peer_failed, peer_closed;
} connection;

static char text[200] = "start";
static long connections;

#define CHECK(holds, ...) do { if (!(holds)) { fprintf(stderr, "FAILED (%s) line %d: ", text, __LINE__); fprintf(stderr, __VA_ARGS__); fputc('\n', stderr); abort(); } } while (0)

static uint64_t next(connection *c) { uint64_t x = c->random; x ^= x << 13; x ^= x >> 7; x ^= x << 17; return c->random = x; }
static int below(connection *c, int limit) { return limit <= 1 ? 0 : (int)(next(c) % (uint64_t)limit); }

/* OpenSSL's random bytes, so that a run can be repeated. */
static uint64_t openssl_random;
static int random_bytes(unsigned char *buffer, int length) {
  for (int i = 0; i < length; i++) {
    openssl_random ^= openssl_random << 13; openssl_random ^= openssl_random >> 7; openssl_random ^= openssl_random << 17;
    buffer[i] = (unsigned char)(openssl_random >> 32);
  }
  return 1;
}
static int random_status(void) { return 1; }
static const RAND_METHOD repeatable = { .bytes = random_bytes, .pseudorand = random_bytes, .status = random_status };

/* What OpenSSL has allocated. The runtime keeps certificates to the end of the process, so that a leak shows in what each connection leaves. */
static long allocated;
static void *count_malloc(size_t size, const char *file, int line) { (void)file; (void)line; allocated++; return malloc(size); }
static void *count_realloc(void *old, size_t size, const char *file, int line) { (void)file; (void)line; allocated += !old; return realloc(old, size); }
static void count_free(void *old, const char *file, int line) { (void)file; (void)line; allocated -= !!old; free(old); }

/* The plaintext of both directions, by its place. */
static unsigned char plain(size_t at) { return (unsigned char)(at * 31 + (at >> 8) * 7 + 1); }

/* Memory that ends where no access is allowed. */
static unsigned char *guarded(int which, size_t size) {
  static unsigned char *arenas[2];
  if (!arenas[which]) {
    arenas[which] = mmap(NULL, ARENA + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(arenas[which] != MAP_FAILED && mprotect(arenas[which] + ARENA, 4096, PROT_NONE) == 0, "mmap");
  }
  return arenas[which] + ARENA - size;
}

static void append(bytes *b, const unsigned char *data, size_t length) {
  if (b->end + length > b->size) {
    size_t size = 2 * (b->end - b->start + length);
    unsigned char *larger = malloc(size);
    if (b->data) memcpy(larger, b->data + b->start, b->end - b->start);
    free(b->data);
    *b = (bytes){ larger, 0, b->end - b->start, size };
  }
  memcpy(b->data + b->end, data, length);
  b->end += length;
}

/* Puts the peer's bytes on the wire, with one thing that happens at one place. */
static void put(connection *c, const unsigned char *data, size_t length) {
  for (size_t i = 0; i < length; i++, c->offset++) {
    unsigned char byte = data[i];
    if (c->wire_end) return;
    if (c->offset == c->at) {
      c->has_met = 1;
      switch (c->action) {
        case SPLIT: c->split_at = (long)(c->to_ours.end - c->to_ours.start); break;
        case FLIP: byte ^= (unsigned char)(1 << below(c, 8)); break;
        case INSERT: { unsigned char more = (unsigned char)next(c); append(&c->to_ours, &more, 1); break; }
        case REMOVE: continue;
        case REPEAT: append(&c->to_ours, &byte, 1); break;
        case FIN: case RST: c->wire_end = c->action; return;
      }
    }
    append(&c->to_ours, &byte, 1);
  }
}

static int receive(void *state, unsigned char *buffer, int length, int *count) {
  connection *c = state;
  size_t there = c->to_ours.end - c->to_ours.start;
  *count = 0;
  if (there == 0) return c->wire_end == FIN ? 1 : c->wire_end == RST ? -1 : 0;
  if (c->split_at == 0 && !c->has_split) { c->has_split = 1; c->split_at = -1; return 0; }
  size_t n = (size_t)length < there ? (size_t)length : there;
  if (c->most_chunk) { size_t chunk = 1 + (size_t)below(c, c->most_chunk); if (chunk < n) n = chunk; }
  if (c->split_at > 0 && (size_t)c->split_at < n) n = (size_t)c->split_at;
  memcpy(buffer, c->to_ours.data + c->to_ours.start, n);
  c->to_ours.start += n;
  if (c->split_at > 0) c->split_at -= (long)n;
  if (c->to_ours.start == c->to_ours.end) c->to_ours.start = c->to_ours.end = 0;
  *count = (int)n;
  return 1;
}

static int take(void *state, const unsigned char *data, int length, int *sent) {
  connection *c = state;
  if (c->wire_end == RST) return -1;
  int n = length;
  /* The handshake's flights are taken as a whole. */
  if (c->ours_state == 1 && c->most_chunk && below(c, 3) == 0) n = below(c, length + 1);
  append(&c->to_peer, data, (size_t)n);
  *sent = n;
  return 0;
}

static void no_errors(const char *after) { unsigned long e = ERR_peek_error(); CHECK(e == 0, "error %lx is left after %s", e, after); }

/* The sessions that a peer has received from each of our servers, the last of each version. */
static SSL_SESSION *sessions[KINDS][2];
static SSL_SESSION **session_of(connection *c) { return &sessions[c->kind][c->version == TLS1_3_VERSION]; }

static void start(connection *c, SSL_CTX *const *peers, void *const *ours) {
  int is_client = c->kind != CLIENT;
  c->peer = SSL_new(peers[!is_client]);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  BIO_set_mem_eof_return(in, -1);
  SSL_set_bio(c->peer, in, out);
  SSL_set_max_proto_version(c->peer, c->version);
  SSL_set_min_proto_version(c->peer, c->version);
  if (is_client) SSL_set_connect_state(c->peer); else SSL_set_accept_state(c->peer);
  if (is_client && c->resumes && *session_of(c)) SSL_set_session(c->peer, *session_of(c));
  c->split_at = -1;
  ERR_clear_error();
  c->ours = ours_open(ours[c->kind], c, receive, take);
  no_errors("open");
}

static void peer_failed(connection *c) { c->peer_failed = 1; ERR_clear_error(); }

/* The peer takes what there is for it, and does one thing. */
static void run_peer(connection *c) {
  size_t there = c->to_peer.end - c->to_peer.start;
  if (there) {
    size_t n = c->most_chunk ? 1 + (size_t)below(c, (int)there) : there;
    BIO_write(SSL_get_rbio(c->peer), c->to_peer.data + c->to_peer.start, (int)n);
    c->to_peer.start += n;
    if (c->to_peer.start == c->to_peer.end) c->to_peer.start = c->to_peer.end = 0;
  }
  ERR_clear_error();
  if (!c->peer_failed && c->peer_state != 1) {
    int result = SSL_do_handshake(c->peer);
    if (result == 1) c->peer_state = 1;
    else if (SSL_get_error(c->peer, result) != SSL_ERROR_WANT_READ) peer_failed(c);
  }
  if (!c->peer_failed && c->peer_state == 1) {
    static unsigned char buffer[40000];
    int n = 0;
    while (!c->peer_closed && (n = SSL_read(c->peer, buffer, sizeof buffer)) > 0) {
      for (int i = 0; i < n; i++) CHECK(buffer[i] == plain(c->peer_received + (size_t)i), "the peer received a wrong byte at %zu", c->peer_received + (size_t)i);
      c->peer_received += (size_t)n;
      CHECK(c->peer_received <= c->ours_sent + (1 << 18), "the peer received more than was sent");
    }
    if (!c->peer_closed && n <= 0) {
      int error = SSL_get_error(c->peer, n);
      if (error == SSL_ERROR_ZERO_RETURN) c->peer_closed = 1;
      else if (error != SSL_ERROR_WANT_READ) peer_failed(c);
    }
  }
  if (!c->peer_failed && c->peer_state == 1 && !c->peer_ended) {
    ERR_clear_error();
    if (c->peer_sent < c->up) {
      static unsigned char buffer[40000];
      int n = 1 + below(c, c->most_chunk ? (int)sizeof buffer : 600);
      if ((size_t)n > c->up - c->peer_sent) n = (int)(c->up - c->peer_sent);
      for (int i = 0; i < n; i++) buffer[i] = plain(c->peer_sent + (size_t)i);
      if (SSL_write(c->peer, buffer, n) == n) c->peer_sent += (size_t)n; else peer_failed(c);
      if (c->asks_key_updates && c->version == TLS1_3_VERSION && below(c, 4) == 0) SSL_key_update(c->peer, below(c, 2) ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    } else {
      /* Not while a KeyUpdate of its own is to be written. */
      SSL_do_handshake(c->peer);
      c->peer_ended = SSL_shutdown(c->peer) >= 0;
    }
  }
  char *out;
  long length = BIO_get_mem_data(SSL_get_wbio(c->peer), &out);
  if (length > 0) { put(c, (unsigned char *)out, (size_t)length); (void)BIO_reset(SSL_get_wbio(c->peer)); }
  ERR_clear_error();
}

static void read_ours(connection *c) {
  int length = 1 + below(c, c->most_buffer), count = -1, end = -1;
  unsigned char *buffer = guarded(0, (size_t)length);
  int result = ours_read(c->ours, buffer, length, &count, &end);
  no_errors("read");
  CHECK(count >= 0 && count <= length && (result || count == 0), "read returned %d with %d of %d bytes", result, count, length);
  for (int i = 0; i < count; i++) CHECK(buffer[i] == plain(c->ours_received + (size_t)i), "we received a wrong byte at %zu", c->ours_received + (size_t)i);
  c->ours_received += (size_t)count;
  CHECK(c->ours_received <= c->peer_sent, "we received %zu bytes of %zu", c->ours_received, c->peer_sent);
  if (result && count == 0) {
    CHECK(!c->ours_read_ended || c->ours_end == end, "the end was %d, then %d", c->ours_end, end);
    c->ours_read_ended = 1;
    c->ours_end = end;
    CHECK(end != OK || (c->peer_ended && c->ours_received == c->up), "an end in order after %zu of %zu bytes", c->ours_received, c->up);
  }
}

static void send_ours(connection *c) {
  /* What was not taken is sent again, as it is. */
  int length = c->unsent ? c->unsent : 1 + below(c, c->most_chunk ? 100000 : 600), sent = -1;
  if ((size_t)length > c->down - c->ours_sent) length = (int)(c->down - c->ours_sent);
  unsigned char *buffer = guarded(1, (size_t)length);
  for (int i = 0; i < length; i++) buffer[i] = plain(c->ours_sent + (size_t)i);
  int status = ours_send(c->ours, buffer, length, &sent);
  no_errors("send");
  CHECK(sent >= 0 && sent <= length, "%d of %d bytes are sent", sent, length);
  c->ours_sent += (size_t)sent;
  c->unsent = length - sent;
  if (status != OK) c->ours_send_failed = 1;
}

static void run_ours(connection *c) {
  if (c->ours_state == 0) {
    c->ours_state = ours_handshake(c->ours);
    no_errors("handshake");
    return;
  }
  if (c->ours_state != 1) return;
  if (below(c, 2)) ours_flush(c->ours);
  no_errors("flush");
  for (int i = 0; i < 4 && !(c->ours_read_ended && i > 0); i++) read_ours(c);
  if (c->ours_send_failed || c->ours_ended_send) return;
  if (c->ours_sent < c->down) send_ours(c);
  else { ours_end_send(c->ours); c->ours_ended_send = 1; no_errors("end of sending"); }
}

static int is_done(connection *c) {
  if (c->ours_state < 0) return 1;
  if (c->ours_state == 0) return 0;
  int sends = !c->ours_send_failed && (!c->ours_ended_send || ours_has_output(c->ours));
  int peer_reads = !c->peer_closed && !c->peer_failed;
  return c->ours_read_ended && !sends && (!peer_reads || c->ours_send_failed);
}

static long resumed;

/* The connections of the second half leave no more than tickets, of which the number is limited. */
static long allocated_before, connections_before;
static void begin_leaks(void) { ours_collect(); allocated_before = allocated; connections_before = connections; }
static void end_leaks(void) {
  ours_collect();
  long more = allocated - allocated_before, by = connections - connections_before;
  printf("%ld connections have left %ld allocations more\n", by, more);
  CHECK(more <= by / 50 + 300, "a leak");
}

static void finish(connection *c) {
  if (c->action == NOTHING || c->action == SPLIT || !c->has_met) {
    CHECK(c->ours_state == 1 && c->peer_state == 1, "the handshake ended with %d and %d", c->ours_state, c->peer_state);
    CHECK(c->ours_read_ended && c->ours_end == OK && c->ours_received == c->up, "we received %zu of %zu bytes, end %d", c->ours_received, c->up, c->ours_end);
    CHECK(!c->ours_send_failed && c->peer_closed && c->peer_received == c->down, "the peer received %zu of %zu bytes", c->peer_received, c->down);
  }
  resumed += c->peer_state == 1 && SSL_session_reused(c->peer);
  if (c->kind != CLIENT && c->peer_state == 1) {
    SSL_SESSION *session = SSL_get1_session(c->peer);
    if (session && SSL_SESSION_is_resumable(session)) { SSL_SESSION_free(*session_of(c)); *session_of(c) = session; }
    else SSL_SESSION_free(session);
  }
  ours_close(c->ours);
  no_errors("close");
  SSL_free(c->peer);
  free(c->to_ours.data);
  free(c->to_peer.data);
}

/* One round of a connection; bounded, as a peer that waits for bytes that were taken away waits for ever. */
enum { ROUNDS = 20000, QUIET = 40 };

static void run(connection **all, int count) {
  int quiet[8] = { 0 }, done[8] = { 0 }, left = count;
  for (int round = 0; left; round++) {
    int i = count == 1 ? 0 : below(all[0], count);
    connection *c = all[i];
    if (done[i]) { for (i = 0; done[i]; i++) { } c = all[i]; }
    size_t before = c->ours_received + c->peer_received + c->ours_sent + c->peer_sent + (size_t)c->offset + c->to_peer.end + (size_t)(c->ours_state + c->peer_state);
    run_peer(c);
    run_ours(c);
    size_t after = c->ours_received + c->peer_received + c->ours_sent + c->peer_sent + (size_t)c->offset + c->to_peer.end + (size_t)(c->ours_state + c->peer_state);
    quiet[i] = before == after && c->to_ours.start == c->to_ours.end ? quiet[i] + 1 : 0;
    if (quiet[i] == QUIET && !is_done(c)) {
      /* Both wait: the peer gives up. */
      CHECK(c->has_met && c->action > SPLIT, "both sides wait");
      c->wire_end = FIN;
    }
    if (is_done(c) || quiet[i] > 2 * QUIET) { done[i] = 1; left--; }
  }
}

static int select_protocol(SSL *ssl, const unsigned char **selected, unsigned char *length, const unsigned char *offered, unsigned offered_length, void *argument) {
  (void)ssl; (void)argument; (void)offered_length;
  *selected = offered + 1;
  *length = offered[0];
  return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *make_peer(int is_server) {
  SSL_CTX *context = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
  CHECK(SSL_CTX_use_certificate_file(context, "server.pem", SSL_FILETYPE_PEM) == 1 && SSL_CTX_use_PrivateKey_file(context, "server.key", SSL_FILETYPE_PEM) == 1, "server.pem and server.key");
  if (is_server) SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
  else SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x8http/1.1\x2h2", 12);
  return context;
}

static void run_random(long count, uint64_t seed, SSL_CTX *const *peers, void *const *ours) {
  static const int chunks[] = { 1, 7, 700, 5000, 40000, 200000 }, buffers[] = { 1, 100, 5000, 17000, 80000, 200000 };
  for (long n = 0; n < count; n++) {
    connection *all[3];
    openssl_random = seed + (uint64_t)n + 1;
    snprintf(text, sizeof text, "random, connections %ld to %ld", 3 * n, 3 * n + 2);
    for (int i = 0; i < 3; i++) {
      connection *c = all[i] = calloc(1, sizeof *c);
      c->random = (seed + (uint64_t)n) * 0x9e3779b97f4a7c15u + (uint64_t)i * 77777 + 1;
      for (int k = 0; k < 8; k++) next(c);
      c->kind = below(c, KINDS);
      c->version = below(c, 2) ? TLS1_3_VERSION : TLS1_2_VERSION;
      c->resumes = below(c, 2);
      c->most_chunk = chunks[below(c, 6)];
      c->most_buffer = buffers[below(c, 6)];
      c->asks_key_updates = below(c, 2);
      int most = c->most_chunk < 100 || c->most_buffer <= 100 ? 2000 : 300000;
      c->up = (size_t)below(c, most);
      c->down = (size_t)below(c, most);
      c->action = below(c, ACTIONS);
      c->at = below(c, below(c, 2) ? 2500 : 2500 + (int)c->up);
      start(c, peers, ours);
    }
    run(all, 3);
    for (int i = 0; i < 3; i++, connections++) { finish(all[i]); free(all[i]); }
    if (n % 50 == 49) ours_collect();
    if (n == count / 2) begin_leaks();
  }
  end_leaks();
}

static void run_bytes(int stride, SSL_CTX *const *peers, void *const *ours) {
  static const char *const kinds[] = { "client", "server", "server that verifies clients" };
  for (int kind = CLIENT; kind < KINDS; kind++) for (int is_13 = 0; is_13 < 2; is_13++) for (int resumes = 0; resumes < 2; resumes++) {
    long end = 0;
    for (int action = SPLIT; action < ACTIONS; action++) for (long at = 0;; at += stride) {
      connection *c = calloc(1, sizeof *c);
      openssl_random = 1;
      *c = (connection){ .random = 88172645463325252u + (uint64_t)at, .kind = kind, .version = is_13 ? TLS1_3_VERSION : TLS1_2_VERSION, .resumes = resumes, .most_buffer = 20000, .up = 300, .down = 500, .action = action, .at = at };
      snprintf(text, sizeof text, "bytes, %s, TLS 1.%d%s, %s at %ld", kinds[kind], is_13 ? 3 : 2, resumes ? ", a session is offered" : "", action_names[action], at);
      start(c, peers, ours);
      run(&c, 1);
      int is_past = !c->has_met;
      finish(c);
      free(c);
      connections++;
      if (is_past) { end = at; break; }
    }
    printf("%s, TLS 1.%d%s: fewer than %ld bytes\n", kinds[kind], is_13 ? 3 : 2, resumes ? ", a session is offered" : "", end + 1);
  }
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  CHECK(CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) == 1, "OpenSSL has allocated already");
  if (argc < 3 || !ours_load()) { fprintf(stderr, "usage: harness random COUNT [SEED] | bytes STRIDE\n"); return 2; }
  RAND_set_rand_method(&repeatable);
  openssl_random = 1;
  SSL_CTX *peers[2] = { make_peer(0), make_peer(1) };
  void *ours[KINDS] = { ours_make(CLIENT), ours_make(SERVER), ours_make(VERIFYING) };
  ERR_clear_error();
  if (!strcmp(argv[1], "random")) run_random(atol(argv[2]), argc > 3 ? strtoull(argv[3], NULL, 0) : 1, peers, ours);
  else run_bytes(atoi(argv[2]), peers, ours);
  for (int i = 0; i < 2; i++) SSL_CTX_free(peers[i]);
  for (int i = 0; i < KINDS; i++) { ours_free(ours[i]); SSL_SESSION_free(sessions[i][0]); SSL_SESSION_free(sessions[i][1]); }
  ours_collect();
  printf("%ld connections, %ld resumed\n", connections, resumed);
  return 0;
}
