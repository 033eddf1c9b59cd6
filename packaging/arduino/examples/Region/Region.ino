/* SPDX-License-Identifier: MIT
 *
 * Region: a heap of 4 KB in a sketch. A message is made on it each second, and what it needs is shown.
 */
#include <quarry.h>

static unsigned char region[4096];
static struct quarry_heap *heap;

void setup() {
  Serial.begin(115200);
  heap = quarry_create(region, sizeof region, NULL);
}

void loop() {
  struct quarry_stats stats;
  char *message = static_cast<char *>(quarry_malloc(heap, 100));
  if (message != NULL) {
    strcpy(message, "made on a heap of Quarry's");
    Serial.println(message);
  }
  quarry_free(heap, message);
  quarry_get_stats(heap, &stats);
  Serial.println((unsigned long)stats.used_peak_bytes);
  delay(1000);
}
