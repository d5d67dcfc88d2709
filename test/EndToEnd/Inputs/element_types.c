/* A caller of a model with f16, bf16 and small integers: plain integer types of C. */
#include "kinds.h"
#include "symc/runtime.h"

#include <stdio.h>

int main(void) {
  const uint16_t h[2] = {0x3c00, 0xc000}, b[2] = {0x3f80, 0x4040}; /* 1, -2 and 1, 3 */
  const int8_t c[2] = {100, -100};
  const uint16_t u[2] = {65535, 7};
  const uint64_t l[2] = {UINT64_MAX, 1};
  uint16_t sum[2], half[2], large[2];
  int8_t wrapped[2];
  uint64_t larger[2];
  kinds *m;
  if (kinds_create(NULL, &m) != KINDS_OK ||
      kinds_predict(m, 2, h, b, c, u, l, sum, half, wrapped, large, larger) != KINDS_OK)
    return 1;
  printf("%04x %04x, %04x %04x, %d %d, %u %u, %llu %llu\n", sum[0], sum[1], half[0], half[1], wrapped[0], wrapped[1],
         large[0], large[1], (unsigned long long)larger[0], (unsigned long long)larger[1]);
  const symc_function *predict = &kinds_model()->functions[0];
  for (int i = 0; i < predict->input_count; ++i)
    printf("%s %d %d\n", predict->inputs[i].type, predict->inputs[i].dtype.code, predict->inputs[i].dtype.bits);
  kinds_destroy(m);
  return 0;
}
