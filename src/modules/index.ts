/**
 * Modules: a host's own code along the whole life of a message.
 *
 * @module modules
 */
export { type CombinedModules, combineModules } from './combine.ts';
export { type MailModule, ModuleMisuse, type ReceptionHooks } from './module.ts';
