/// <reference lib="webworker" />
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst, StaleWhileRevalidate } from 'workbox-strategies';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (string | { url: string; revision: string | null })[] };

// The shell of one version, all of it or nothing: a page and its parts never come from two.
precacheAndRoute(self.__WB_MANIFEST);
cleanupOutdatedCaches();

// Every address of the page begins with the same file; the interfaces' do not, and a printable page is the server's.
registerRoute(new NavigationRoute(createHandlerBoundToURL('/index.html'), { denylist: [/^\/api\//, /^\/v1\//, /^\/health\//, /^\/openapi\//] }));

// Files with a hash in their name never change.
registerRoute(({ url }) => url.origin === self.location.origin && url.pathname.startsWith('/assets/'), new CacheFirst({ cacheName: 'troupe-assets' }));

// What is read by all and changes seldom may be a moment old: never a conversation, never a list of them.
registerRoute(
  ({ url }) => url.origin === self.location.origin && /^\/(manifest\.webmanifest|icon.*\.(svg|png)|api\/v1\/agents)$/.test(url.pathname),
  new StaleWhileRevalidate({ cacheName: 'troupe-lists', plugins: [{ cacheWillUpdate: async ({ response }) => (response.status === 200 ? response : null) }] }),
);

self.addEventListener('message', (event) => {
  if ((event.data as { type?: string } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});
self.addEventListener('activate', (event) => {
  event.waitUntil(self.clients.claim());
});
