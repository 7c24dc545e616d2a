// The modern chat in JavaScript, for Node.js: `node modern_chat.mjs --server` or `--client HOST`,
// with `--port N`, and `--confkey KEY --authkey KEY` or MODERN_CONFKEY and MODERN_AUTHKEY.
//
// An example of a submission that is not in Python. To grade it:
//   python -m tests.coursework check --protocol modern \
//     --server-command "node tests/coursework/selftests/node/modern_chat.mjs --server --port {port}" \
//     --client-command "node tests/coursework/selftests/node/modern_chat.mjs --client {host} --port {port}"
// For learning only: nothing counts frames, and one key serves both directions.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { connect, createServer } from "node:net";
import { parseArgs } from "node:util";

const FRAME_SIZE = 112;
const CHUNK_SIZE = 15;
const ALGORITHM = "aes-256-cbc";

// Message to wire ----------------------------------------------------------------------------

const sha256 = (text) => createHash("sha256").update(text, "utf8").digest();
const tag = (data, keys) => createHmac("sha256", keys.authentication).update(data).digest();

function splitChunks(line) {
  const chunks = [];
  for (let start = 0, end; start < line.length; start = end) {
    end = Math.min(start + CHUNK_SIZE, line.length);
    while (end < line.length && (line[end] & 0xc0) === 0x80) end -= 1; // inside a character
    chunks.push(line.subarray(start, end));
  }
  return chunks;
}

function pad(data) {
  const missing = 16 - (data.length % 16);
  return Buffer.concat([data, Buffer.alloc(missing, missing)]);
}

function sealFrame(chunk, keys) {
  const iv = randomBytes(16);
  const cipher = createCipheriv(ALGORITHM, keys.confidentiality, iv).setAutoPadding(false);
  const header = Buffer.concat([iv, cipher.update(pad(Buffer.from(String(chunk.length))))]);
  const body = cipher.update(pad(chunk));
  return Buffer.concat([header, tag(header, keys), body, tag(body, keys)]);
}

const seal = (line, keys) =>
  Buffer.concat(splitChunks(line).map((chunk) => sealFrame(chunk, keys)));

// Wire to text -------------------------------------------------------------------------------

class ProtocolError extends Error {}

function unpad(block) {
  const count = block.at(-1);
  const sound = count >= 1 && count <= 16 && block.subarray(-count).every((b) => b === count);
  if (!sound) throw new ProtocolError("a frame with wrong padding");
  return block.subarray(0, -count);
}

function decode(chunk) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(chunk);
  } catch {
    throw new ProtocolError("a chunk that is not UTF-8");
  }
}

function openFrame(frame, keys) {
  const header = frame.subarray(0, 32);
  const body = frame.subarray(64, 80);
  const headerFits = timingSafeEqual(tag(header, keys), frame.subarray(32, 64));
  const bodyFits = timingSafeEqual(tag(body, keys), frame.subarray(80, 112));
  if (!(headerFits && bodyFits)) throw new ProtocolError("ERROR: HMAC verification failed");
  const iv = frame.subarray(0, 16);
  const cipher = createDecipheriv(ALGORITHM, keys.confidentiality, iv).setAutoPadding(false);
  const length = unpad(cipher.update(frame.subarray(16, 32))).toString("latin1");
  const chunk = unpad(cipher.update(body));
  const characters = [...decode(chunk)].length;
  if (!/^[0-9]+$/.test(length) || Number(length) < characters)
    throw new ProtocolError("a frame whose length cannot be");
  return chunk;
}

// Chat ---------------------------------------------------------------------------------------

function fail(words, status) {
  console.error(words);
  process.exitCode = status;
  process.stdin.destroy();
}

function receive(socket, keys) {
  let pending = Buffer.alloc(0);
  socket.on("data", (data) => {
    pending = Buffer.concat([pending, data]);
    try {
      for (; pending.length >= FRAME_SIZE; pending = pending.subarray(FRAME_SIZE))
        process.stdout.write(openFrame(pending.subarray(0, FRAME_SIZE), keys));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      fail(error.message, 1);
      socket.removeAllListeners("data").removeAllListeners("end").resetAndDestroy();
    }
  });
  socket.on("end", () => {
    if (pending.length) fail("the connection ended inside a frame", 1);
  });
}

async function send(socket, keys) {
  let partial = Buffer.alloc(0);
  for await (const data of process.stdin) {
    partial = Buffer.concat([partial, data]);
    const end = partial.lastIndexOf("\n") + 1;
    for (let start = 0, next; start < end; start = next) {
      next = partial.indexOf("\n", start) + 1;
      socket.write(seal(partial.subarray(start, next), keys));
    }
    partial = partial.subarray(end);
  }
  if (partial.length) socket.write(seal(partial, keys));
  socket.end(); // close only our direction: the peer may send more
}

function converse(socket, keys) {
  socket.setNoDelay(true);
  socket.removeAllListeners("error");
  socket.on("error", (error) => fail(`the peer vanished: ${error.code}`, 1));
  receive(socket, keys);
  send(socket, keys).catch(() => {}); // standard input was destroyed: the chat has ended
}

const { values: options } = parseArgs({
  options: {
    server: { type: "boolean" },
    client: { type: "string" },
    port: { type: "string", default: "9999" },
    confkey: { type: "string", default: process.env.MODERN_CONFKEY },
    authkey: { type: "string", default: process.env.MODERN_AUTHKEY },
  },
});
const port = Number(options.port);

if (!options.confkey || !options.authkey) {
  fail("no keys: give --confkey and --authkey, or MODERN_CONFKEY and MODERN_AUTHKEY", 2);
} else if (Boolean(options.server) === (options.client !== undefined)) {
  fail("give either --server or --client HOST", 2);
} else {
  const keys = {
    confidentiality: sha256(options.confkey),
    authentication: sha256(options.authkey),
  };
  if (options.server) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      server.close(); // one peer, one chat
      converse(socket, keys);
    });
    server.on("error", (error) => fail(`cannot listen on port ${port}: ${error.code}`, 1));
    server.listen(port);
  } else {
    const socket = connect({ host: options.client, port, allowHalfOpen: true });
    socket.on("error", (error) => fail(`cannot connect: ${error.code}`, 1));
    socket.on("connect", () => converse(socket, keys));
  }
}
