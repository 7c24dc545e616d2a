// ROMix, the slow heart of scrypt (RFC 7914, section 5), for Python in a browser: see romix.py.

export function romix(block, n, r) {
  const size = 32 * r; // 32-bit words of a block; they are little-endian, as all browsers are
  let x = new Uint32Array(block.slice().buffer);
  let mixed = new Uint32Array(size);
  const memory = new Uint32Array(size * n);
  for (let i = 0; i < n; i++) {
    memory.set(x, i * size);
    blockmix(x, mixed, r);
    [x, mixed] = [mixed, x];
  }
  for (let i = 0; i < n; i++) {
    const at = (x[size - 16] & (n - 1)) * size;
    for (let k = 0; k < size; k++) x[k] ^= memory[at + k];
    blockmix(x, mixed, r);
    [x, mixed] = [mixed, x];
  }
  return new Uint8Array(x.buffer);

  // Mixes 2 * r pieces of 16 words; the even ones go to the front (section 4).
  function blockmix(from, to, r) {
    const y = from.slice(size - 16);
    for (let i = 0; i < 2 * r; i++) {
      for (let k = 0; k < 16; k++) y[k] ^= from[16 * i + k];
      salsa20_8(y);
      to.set(y, 16 * ((i >> 1) + (i & 1) * r));
    }
  }

  // Mixes 16 words in place, in 8 rounds (section 3): columns, then rows.
  function salsa20_8(words) {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q] = words;
    let t;
    for (let round = 0; round < 4; round++) {
      t = a + m; e ^= (t << 7) | (t >>> 25);
      t = e + a; i ^= (t << 9) | (t >>> 23);
      t = i + e; m ^= (t << 13) | (t >>> 19);
      t = m + i; a ^= (t << 18) | (t >>> 14);
      t = f + b; j ^= (t << 7) | (t >>> 25);
      t = j + f; o ^= (t << 9) | (t >>> 23);
      t = o + j; b ^= (t << 13) | (t >>> 19);
      t = b + o; f ^= (t << 18) | (t >>> 14);
      t = k + g; p ^= (t << 7) | (t >>> 25);
      t = p + k; c ^= (t << 9) | (t >>> 23);
      t = c + p; g ^= (t << 13) | (t >>> 19);
      t = g + c; k ^= (t << 18) | (t >>> 14);
      t = q + l; d ^= (t << 7) | (t >>> 25);
      t = d + q; h ^= (t << 9) | (t >>> 23);
      t = h + d; l ^= (t << 13) | (t >>> 19);
      t = l + h; q ^= (t << 18) | (t >>> 14);
      t = a + d; b ^= (t << 7) | (t >>> 25);
      t = b + a; c ^= (t << 9) | (t >>> 23);
      t = c + b; d ^= (t << 13) | (t >>> 19);
      t = d + c; a ^= (t << 18) | (t >>> 14);
      t = f + e; g ^= (t << 7) | (t >>> 25);
      t = g + f; h ^= (t << 9) | (t >>> 23);
      t = h + g; e ^= (t << 13) | (t >>> 19);
      t = e + h; f ^= (t << 18) | (t >>> 14);
      t = k + j; l ^= (t << 7) | (t >>> 25);
      t = l + k; i ^= (t << 9) | (t >>> 23);
      t = i + l; j ^= (t << 13) | (t >>> 19);
      t = j + i; k ^= (t << 18) | (t >>> 14);
      t = q + p; m ^= (t << 7) | (t >>> 25);
      t = m + q; o ^= (t << 9) | (t >>> 23);
      t = o + m; p ^= (t << 13) | (t >>> 19);
      t = p + o; q ^= (t << 18) | (t >>> 14);
    }
    const mixed = [a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q];
    for (let n = 0; n < 16; n++) words[n] += mixed[n];
  }
}
