/**
 * HTTPS from strangers, within bounds.
 *
 * @module web
 */
export { getResource, type WebFetch, type WebResource, type WebResponse } from './get.ts';
