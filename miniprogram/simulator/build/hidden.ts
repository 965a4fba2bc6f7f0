// Names that a browser has and the logic layer of a mini-program has not. Every module is wrapped in a function
// with these as (empty) parameters, as WeChat itself does, so that `typeof fetch` is 'undefined' there.
export const HIDDEN_GLOBALS = (
  'window document location history navigator localStorage sessionStorage indexedDB fetch XMLHttpRequest FormData ' +
  'Blob File FileReader URL URLSearchParams crypto alert confirm prompt self parent top frames opener Image Audio ' +
  'WebSocket EventSource btoa atob structuredClone TextEncoder TextDecoder AbortController queueMicrotask ' +
  'requestAnimationFrame cancelAnimationFrame MutationObserver ResizeObserver IntersectionObserver Worker performance ' +
  'Buffer process customElements caches getComputedStyle matchMedia open close postMessage HTMLElement Element Node ' +
  'Event CustomEvent addEventListener removeEventListener dispatchEvent DOMParser ReadableStream __mp'
).split(' ');
