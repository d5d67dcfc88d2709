# Part of symc, under the Apache License v2.0 with LLVM Exceptions.
"""The order of examples in an epoch: that of `symc train`."""
import numpy as np

_STREAM = 0x33FE5971  # CRC-32 of "shuffle"


def _draws(count, seed, epoch):
    """Numbers of 64 bits: Philox4x32-10, two a block, whose number is the first half of the counter."""
    low, high = np.uint64(0xFFFFFFFF), np.uint64(32)
    blocks = np.arange((count + 1) // 2, dtype=np.uint64)
    c = [blocks & low, blocks >> high, np.full_like(blocks, _STREAM), np.full_like(blocks, epoch & 0xFFFFFFFF)]
    keys = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = c[0] * np.uint64(0xD2511F53), c[2] * np.uint64(0xCD9E8D57)
        c = [(b >> high) ^ c[1] ^ np.uint64(keys[0]), b & low, (a >> high) ^ c[3] ^ np.uint64(keys[1]), a & low]
        keys = [(keys[0] + 0x9E3779B9) & 0xFFFFFFFF, (keys[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack([c[2] | c[3] << high, c[0] | c[1] << high], axis=1).ravel()[:count].tolist()


def shuffled_rows(count, seed, epoch):
    """A permutation of 0..count-1 that depends on the seed and the epoch alone, by Fisher and Yates."""
    rows = list(range(count))
    for i, draw in zip(range(count - 1, 0, -1), _draws(max(count - 1, 0), seed, epoch)):
        j = draw * (i + 1) >> 64
        rows[i], rows[j] = rows[j], rows[i]
    return np.array(rows, np.int64)
