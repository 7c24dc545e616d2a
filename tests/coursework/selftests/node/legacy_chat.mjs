// The legacy chat in JavaScript, for Node.js: `node legacy_chat.mjs server [port]`, or `client`.
//
// An example of a submission that is not in Python. To grade it:
//   python -m tests.coursework check --protocol legacy \
//     --server-command "node tests/coursework/selftests/node/legacy_chat.mjs server {port}" \
//     --client-command "node tests/coursework/selftests/node/legacy_chat.mjs client"
// For learning only: this chat is broken by design.

import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const UNRECOGNISED = "Unrecognised Data or Broken PIPE ";
const RECV_SIZE = 1024;

const sha256 = (text) => createHash("sha256").update(text, "utf8");
const deriveKey = (passphrase) => sha256(passphrase).digest();

// Message to wire ----------------------------------------------------------------------------

const escape = (json) =>
  json.replace(/[\u007f-\uffff]/g, (unit) => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));

function buildEnvelope(message, timestamp) {
  const [time, text, hash] = [timestamp, message, sha256(message).digest("hex")].map((field) =>
    JSON.stringify(field),
  );
  return escape(`{"timestamp": ${time}, "message": ${text}, "hash": ${hash}}`);
}

function crypt(make, key, bytes) {
  const cipher = make("aes-256-ecb", key, null).setAutoPadding(false); // each block by itself
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}

function seal(message, timestamp, key) {
  const envelope = buildEnvelope(message, timestamp);
  const padded = envelope.padEnd(Math.ceil(envelope.length / 16) * 16, "~");
  return crypt(createCipheriv, key, Buffer.from(padded, "ascii"));
}

// Wire to screen -----------------------------------------------------------------------------

function processBytes(received, key) {
  const whole = received.subarray(0, received.length - (received.length % 16));
  return crypt(createDecipheriv, key, whole).toString("latin1").replaceAll("~", "");
}

function verifyAndDisplay(text) {
  let envelope;
  try {
    envelope = JSON.parse(text);
  } catch {
    return UNRECOGNISED;
  }
  const fields = ["timestamp", "message", "hash"].map((name) => envelope?.[name]);
  if (fields.some((field) => typeof field !== "string")) return UNRECOGNISED;
  const [timestamp, message, hash] = fields;
  const tag = sha256(message).digest("hex") === hash ? "☑" : "☒";
  const spaces = 80 - [...message].length - "Received : ".length - 1;
  return spaces < 1 ? null : `Received : ${message}${" ".repeat(spaces)}${tag}  ${timestamp}`;
}

// Console ------------------------------------------------------------------------------------

const typed = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const say = (line) => process.stdout.write(line + "\n");

async function ask(prompt) {
  process.stdout.write(prompt);
  const { value, done } = await typed.next();
  if (done) process.exit(0); // the end of input ends like quit()
  return value;
}

async function converse(socket, prompt) {
  // Received data waits until the passphrase is known.
  socket.pause();
  const key = deriveKey(await ask(prompt));
  say("[+] Listening On Thread 1");
  let leaving = false;
  socket.on("data", (data) => {
    for (let start = 0; start < data.length; start += RECV_SIZE) {
      const line = verifyAndDisplay(processBytes(data.subarray(start, start + RECV_SIZE), key));
      if (line !== null) say(line);
    }
  });
  socket.on("close", () => {
    if (!leaving) say(UNRECOGNISED);
    process.exitCode = 0;
    process.stdin.destroy();
  });
  socket.resume();
  for await (const line of typed) {
    if (line === "quit()") break;
    socket.write(seal(line, new Date().toTimeString().slice(0, 8), key));
  }
  leaving = true;
  socket.destroySoon(); // once everything is sent
}

function fail(words, status) {
  console.error(words);
  process.exit(status);
}

function serve(port) {
  const server = createServer((socket) => {
    server.close(); // one peer, one chat
    socket.on("error", () => {}); // a reset ends the chat like a close
    say(`[+] Connected by  ('${socket.remoteAddress}', ${socket.remotePort})`);
    converse(socket, "[+] AES Pre-Shared-Key for the Connection : ");
  });
  server.on("error", (error) => fail(`cannot listen on port ${port}: ${error.code}`, 1));
  server.listen({ port, host: "0.0.0.0" }, () => {
    say("[+] Server Running ");
    say("[+] Allowing All Incoming Connections ");
    say(`[+] PORT ${server.address().port}`);
    say("[+] Waiting For Connection...");
  });
}

async function join() {
  say("[+] Client Running ");
  const host = await ask("[+] Enter Destination IP   : ");
  const port = Number(await ask("[+] Enter Destination Port : "));
  const socket = connect({ host, port });
  socket.once("error", () => {
    say("Could Not Connect !");
    process.exit(255);
  });
  socket.once("connect", () => {
    socket.removeAllListeners("error").on("error", () => {});
    converse(socket, "[+] AES Pre-Shared-Key For Connection :");
  });
}

const [role, port = "5555"] = process.argv.slice(2);
if (role === "server") serve(Number(port));
else if (role === "client") join();
else fail("usage: node legacy_chat.mjs server [port] | client", 2);
