// ROMix, the slow heart of scrypt (RFC 7914, section 5), for Python in a browser: see romix.py.

export function romix(block, n, r) {
  const size = 32 * r; // 32-bit words of a block; they are little-endian, as all browsers are
  let x = new Int32Array(block.slice().buffer);
  let mixed = new Int32Array(size);
  const memory = new Int32Array(size * n);
  const y = new Int32Array(16);
  for (let i = 0; i < n; i++) {
    memory.set(x, i * size);
    blockmix(x, mixed);
    [x, mixed] = [mixed, x];
  }
  for (let i = 0; i < n; i++) {
    const at = (x[size - 16] & (n - 1)) * size;
    for (let k = 0; k < size; k++) x[k] ^= memory[at + k];
    blockmix(x, mixed);
    [x, mixed] = [mixed, x];
  }
  return new Uint8Array(x.buffer);

  // Mixes 2 * r pieces of 16 words; the even ones go to the front (section 4).
  function blockmix(from, to) {
    for (let k = 0; k < 16; k++) y[k] = from[size - 16 + k];
    for (let i = 0; i < 2 * r; i++) {
      for (let k = 0; k < 16; k++) y[k] ^= from[16 * i + k];
      salsa20_8(y);
      const at = 16 * ((i >> 1) + (i & 1) * r);
      for (let k = 0; k < 16; k++) to[at + k] = y[k];
    }
  }

  // Mixes 16 words in place, in 8 rounds (section 3): columns, then rows. Each word has a name, so
  // that an engine can keep it in a register.
  function salsa20_8(w) {
    let a = w[0], b = w[1], c = w[2], d = w[3];
    let e = w[4], f = w[5], g = w[6], h = w[7];
    let i = w[8], j = w[9], k = w[10], l = w[11];
    let m = w[12], o = w[13], p = w[14], q = w[15];
    let t;
    for (let round = 0; round < 4; round++) {
      t = (a + m) | 0; e ^= (t << 7) | (t >>> 25);
      t = (e + a) | 0; i ^= (t << 9) | (t >>> 23);
      t = (i + e) | 0; m ^= (t << 13) | (t >>> 19);
      t = (m + i) | 0; a ^= (t << 18) | (t >>> 14);
      t = (f + b) | 0; j ^= (t << 7) | (t >>> 25);
      t = (j + f) | 0; o ^= (t << 9) | (t >>> 23);
      t = (o + j) | 0; b ^= (t << 13) | (t >>> 19);
      t = (b + o) | 0; f ^= (t << 18) | (t >>> 14);
      t = (k + g) | 0; p ^= (t << 7) | (t >>> 25);
      t = (p + k) | 0; c ^= (t << 9) | (t >>> 23);
      t = (c + p) | 0; g ^= (t << 13) | (t >>> 19);
      t = (g + c) | 0; k ^= (t << 18) | (t >>> 14);
      t = (q + l) | 0; d ^= (t << 7) | (t >>> 25);
      t = (d + q) | 0; h ^= (t << 9) | (t >>> 23);
      t = (h + d) | 0; l ^= (t << 13) | (t >>> 19);
      t = (l + h) | 0; q ^= (t << 18) | (t >>> 14);
      t = (a + d) | 0; b ^= (t << 7) | (t >>> 25);
      t = (b + a) | 0; c ^= (t << 9) | (t >>> 23);
      t = (c + b) | 0; d ^= (t << 13) | (t >>> 19);
      t = (d + c) | 0; a ^= (t << 18) | (t >>> 14);
      t = (f + e) | 0; g ^= (t << 7) | (t >>> 25);
      t = (g + f) | 0; h ^= (t << 9) | (t >>> 23);
      t = (h + g) | 0; e ^= (t << 13) | (t >>> 19);
      t = (e + h) | 0; f ^= (t << 18) | (t >>> 14);
      t = (k + j) | 0; l ^= (t << 7) | (t >>> 25);
      t = (l + k) | 0; i ^= (t << 9) | (t >>> 23);
      t = (i + l) | 0; j ^= (t << 13) | (t >>> 19);
      t = (j + i) | 0; k ^= (t << 18) | (t >>> 14);
      t = (q + p) | 0; m ^= (t << 7) | (t >>> 25);
      t = (m + q) | 0; o ^= (t << 9) | (t >>> 23);
      t = (o + m) | 0; p ^= (t << 13) | (t >>> 19);
      t = (p + o) | 0; q ^= (t << 18) | (t >>> 14);
    }
    w[0] += a; w[1] += b; w[2] += c; w[3] += d;
    w[4] += e; w[5] += f; w[6] += g; w[7] += h;
    w[8] += i; w[9] += j; w[10] += k; w[11] += l;
    w[12] += m; w[13] += o; w[14] += p; w[15] += q;
  }
}
