// The two engines behind one door: Python in this browser, or the real programs on the server.
// Both take the commands and give the events of words.js, and nothing else.

import { COMMANDS, EVENTS } from "./words.js";

function check(list, name, entries, what) {
  const expected = list[name];
  if (!expected) throw new Error(`no such ${what}: ${name}`);
  const given = Object.keys(entries);
  if (given.length !== expected.length || !expected.every((entry) => given.includes(entry))) {
    throw new Error(`${what} ${name} has ${expected.join(", ")}, not ${given.join(", ")}`);
  }
}

function write(name, entries) {
  check(COMMANDS, name, entries, "command");
  return JSON.stringify({ do: name, ...entries });
}

function read(text) {
  const { is, ...entries } = JSON.parse(text);
  check(EVENTS, is, entries, "event");
  return { is, ...entries };
}

/** Pyodide in a worker. `hear` gets each event, `tell` how far the loading has come. */
export class BrowserEngine {
  constructor(hear, tell) {
    this.worker = new Worker("worker.js", { type: "module" });
    this.worker.onmessage = ({ data }) => {
      if (data.event) hear(read(data.event));
      else tell(data);
    };
    this.worker.onerror = (error) => tell({ failed: error.message || "the worker did not start" });
  }

  send(name, entries = {}) {
    this.worker.postMessage(write(name, entries));
  }

  close() {
    this.worker.terminate();
  }
}

/** The programs of alice and bob, as processes of the server that this page came from. */
export class ServerEngine {
  constructor(hear, tell) {
    const url = new URL("talk", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.waiting = [];
    this.socket = new WebSocket(url);
    this.socket.onopen = () => {
      for (const text of this.waiting.splice(0)) this.socket.send(text);
      tell({ ready: true });
    };
    this.socket.onmessage = ({ data }) => hear(read(data));
    this.socket.onclose = ({ reason }) => {
      if (!this.closed) tell({ failed: reason || "the server has ended the connection: reload the page" });
    };
  }

  send(name, entries = {}) {
    const text = write(name, entries);
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
    else this.waiting.push(text);
  }

  close() {
    this.closed = true;
    this.socket.close();
  }
}
