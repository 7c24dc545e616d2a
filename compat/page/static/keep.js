// The service worker: it keeps the whole page, so that a class loads it once over a slow line, and a
// second visit needs no network at all. The list of files is made when the page is built.

const NAME = `page-${"VERSION"}`;

async function fill() {
  const { files } = await (await fetch("files.json", { cache: "no-cache" })).json();
  const cache = await caches.open(NAME);
  // The page has just loaded most of this: the browser's own cache answers for it.
  await cache.addAll(["./", "files.json", ...files]);
}

async function forgetOthers() {
  for (const name of await caches.keys()) {
    if (name.startsWith("page-") && name !== NAME) await caches.delete(name);
  }
  await clients.claim();
}

async function answer(request) {
  const cache = await caches.open(NAME);
  return (await cache.match(request, { ignoreSearch: true })) ?? fetch(request);
}

addEventListener("install", (event) => event.waitUntil(fill().then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forgetOthers()));
addEventListener("fetch", (event) => {
  const own = event.request.method === "GET" && event.request.url.startsWith(registration.scope);
  if (own) event.respondWith(answer(event.request));
});
