/**
 * Requests to the API from page scripts: same origin, with the antiforgery token that a session needs to change data.
 * @module
 */

const signIn = '/sign-in';

/** An answer that is not a success, with the fields of its problem document. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{ title?: string, detail?: string, errors?: Record<string, string[]> }} problem
   */
  constructor(status, problem) {
    super(problem.detail || problem.title || `The service answered with status ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

/**
 * Sends a request and returns the response if it is a success.
 * @param {string} path
 * @param {RequestInit} [init]
 * @returns {Promise<Response>}
 */
export async function send(path, init = {}) {
  const headers = new Headers(init.headers);
  if (init.method && init.method !== 'GET') {
    const token = await antiforgeryToken();
    if (token) {
      headers.set('X-CSRF-Token', token);
    }
  }
  const response = await fetch(path, { ...init, headers });
  if (response.status === 401 && location.pathname !== signIn) {
    // The key was revoked or the session ended, after the page was loaded.
    location.assign(`${signIn}?returnUrl=${encodeURIComponent(location.pathname + location.search)}`);
    return new Promise(() => {}); // the page goes away
  }
  if (!response.ok) {
    throw await errorOf(response);
  }
  return response;
}

/**
 * Gets JSON.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function getJson(path, signal) {
  return (await send(path, { signal })).json();
}

/**
 * The token for requests that change data; null where none is needed.
 * @returns {Promise<string | null>}
 */
export async function antiforgeryToken() {
  const response = await fetch('/v1/auth/session');
  return response.ok ? (await response.json()).antiforgeryToken : null;
}

/**
 * @param {Response} response
 * @returns {Promise<ApiError>}
 */
async function errorOf(response) {
  const isProblem = response.headers.get('Content-Type')?.includes('json');
  return new ApiError(response.status, isProblem ? await response.json() : {});
}
