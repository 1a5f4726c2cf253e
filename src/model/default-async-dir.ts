// Where job files are when nothing sets another directory.

/** ansible-core's own (plugins/doc_fragments/shell_common.py, 2.14 to 2.21). */
export const DEFAULT_ASYNC_DIR = "~/.ansible_async";
