// A YAML tree with places, as Ansible sees it: scalars already typed by YAML 1.1, merge keys and aliases resolved.

import type { Span } from "./place.ts";

/** A text that longhaul reads, with the path to print for it. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

export type ScalarValue = string | number | boolean | null;

export interface YamlScalar {
  readonly kind: "scalar";
  readonly span: Span;
  readonly value: ScalarValue;
  /** The text before it was typed: `0644`, `yes`, `1h`. */
  readonly raw: string;
  readonly style: "plain" | "single" | "double" | "literal" | "folded";
  /** `vault`: encrypted, the value is unknown. `unsafe`: never a template. */
  readonly tag?: "vault" | "unsafe" | "other";
  /** True where the node stands here by an alias or a merge key: its text is elsewhere and serves several places. */
  readonly shared: boolean;
}

export interface YamlField {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: YamlNode;
  /** True where the field comes from a merge key: its text is elsewhere. */
  readonly merged: boolean;
}

export interface YamlMap {
  readonly kind: "map";
  readonly span: Span;
  /** In source order; a key that stands twice is kept once, with its last value, as Ansible does. */
  readonly fields: readonly YamlField[];
  /** `{a: 1}` rather than a line for each key. */
  readonly flow: boolean;
  readonly shared: boolean;
}

export interface YamlList {
  readonly kind: "list";
  readonly span: Span;
  readonly items: readonly YamlNode[];
  readonly flow: boolean;
  readonly shared: boolean;
}

export type YamlNode = YamlScalar | YamlMap | YamlList;

/** The field of a map, by key. */
export function fieldOf(map: YamlMap, key: string): YamlField | undefined {
  return map.fields.find((field) => field.key === key);
}
