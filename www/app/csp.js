/**
 * What the page may load: its own files and its own WebAssembly, nothing else, and no inline script or style.
 * The build writes it into the page as a meta element; the demo server sends it as a header as well, because
 * a worker does not inherit the meta element of its page.
 */
export const CONTENT_SECURITY_POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";
