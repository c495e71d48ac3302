import { notices } from './notices';

/** Registers the worker, and offers a new version when one is ready: it is applied when somebody says so, to all tabs at once, and never by halves. */
export function watchForUpdates(): void {
  if (!('serviceWorker' in navigator) || import.meta.env.DEV) return;
  let reloading = false;
  const hadOne = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener('controllerchange', () => {
    // The first worker takes over a page that is as new as itself; a later one brings other files.
    if (!hadOne || reloading) return;
    reloading = true;
    location.reload();
  });
  void navigator.serviceWorker.register('/worker.js', { scope: '/', updateViaCache: 'none' }).then((registration) => {
    const offer = (worker: ServiceWorker | null): void => {
      if (worker && navigator.serviceWorker.controller) {
        notices.tell('A new version is ready.', { label: 'Update', run: () => worker.postMessage({ type: 'SKIP_WAITING' }) }, null);
      }
    };
    offer(registration.waiting);
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed') offer(worker);
      });
    });
    setInterval(() => void registration.update().catch(() => undefined), 3_600_000);
  }).catch(() => undefined);
}
