/** What configuration needs to know of a template. The catalogue fits it by shape and is passed in. */
export interface TemplateInfo {
  readonly name: string;
  /** `workspace`, `user`, …: what a slice binds. */
  readonly parameters: readonly string[];
  /** By the name used in the file, snake_case. */
  readonly filters: Readonly<Record<string, FilterInfo>>;
  /** Last part of the default topic. */
  readonly plural: string;
  /** Fields of the row, which `ignore_changes` may name. */
  readonly fields: readonly {
    readonly field: string;
    /** Where the item has it; undefined for what the slice gives. */
    readonly path?: readonly string[];
    readonly type?: string;
  }[];
  /** Fields that tell entities apart. */
  readonly keyFields?: readonly string[];
  /** The field that says when the entity starts. */
  readonly startField?: string | undefined;
  /** A report: its source has a body, times and totals. */
  readonly report?: 'detailed' | 'summary' | undefined;
  /** Its entities can be looked at in several rhythms. */
  readonly rhythms?: true | undefined;
}

export interface FilterInfo {
  readonly type: 'string' | 'boolean' | 'enum' | 'strings';
  readonly values?: readonly string[] | undefined;
}
