"""Grammars: which languages have an outline, what tells them, and what to look for in their trees.

Each comes as a package of its own (the extra `code`) and is loaded when a text first asks for it. A query's
captures say what becomes of the lines of a node:

    def     a definition: the lines up to its body stay, and so does the one that closes it
    body    what is left out of a definition, or of a closure when there is no `def`
    inside  the body of a class or a namespace: looked into, not left out
    name    what the definition is called
    data    a literal of which the first lines stay
    doc     a docstring, and `comment` a comment: the first line of text stays
    keep    stays wherever it stands
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module, metadata
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query

_DEEPEST = 1_000
"""Nodes below this depth are not looked at: the cursor never ends where depths pass 16 bits."""

Captures: TypeAlias = "dict[str, list[Node]]"
"""The nodes of one match, by what they are captured as."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: its package, the function there that gives it, and its query."""

    package: str
    function: str
    query: str
    comment: str = "//"
    """What begins a comment up to the end of a line."""
    braces: bool = True
    """Whether a body has a closing line of its own."""

    @property
    def module(self) -> str:
        """Name of the module to import."""
        return self.package.replace("-", "_")


_PYTHON = """
(function_definition name: (_) @name body: (block) @body) @def
(class_definition name: (_) @name body: (block) @inside) @def
(module [
  (if_statement consequence: (block) @body)
  (for_statement body: (block) @body)
  (while_statement body: (block) @body)
  (with_statement body: (block) @body)])
(module (if_statement consequence: (block [(import_statement) (import_from_statement)] @keep)))
(module . (comment)* . (expression_statement . (string) @doc))
(function_definition body: (block . (expression_statement . (string) @doc)))
(class_definition body: (block . (expression_statement . (string) @doc)))
(assignment right: [(dictionary) (list) (tuple) (set) (parenthesized_expression) (string)] @data)
(assignment right: (call arguments: (argument_list) @data))
(module (expression_statement (call arguments: (argument_list) @data)))
(decorator (call arguments: (argument_list) @data))
(comment) @comment
(ERROR) @error
"""

_JAVASCRIPT = """
[(function_declaration name: (_) @name body: (statement_block) @body)
 (generator_function_declaration name: (_) @name body: (statement_block) @body)
 (method_definition name: (_) @name body: (statement_block) @body)] @def
[(class_declaration name: (_) @name body: (class_body) @inside)
 (class body: (class_body) @inside)] @def
(variable_declarator name: (_) @name
  value: [(arrow_function body: (statement_block) @body) (function_expression body: (statement_block) @body)]) @def
(assignment_expression left: (_) @name
  right: [(arrow_function body: (statement_block) @body) (function_expression body: (statement_block) @body)]) @def
(pair key: (_) @name
  value: [(arrow_function body: (statement_block) @body) (function_expression body: (statement_block) @body)]) @def
(expression_statement (call_expression arguments: (arguments . (string)
  [(arrow_function body: (statement_block) @body) (function_expression body: (statement_block) @body)]) @def))
[(arrow_function body: (statement_block) @body)
 (function_expression body: (statement_block) @body)
 (generator_function body: (statement_block) @body)]
(variable_declarator value: [(object) (array) (template_string)] @data)
(assignment_expression right: [(object) (array) (template_string)] @data)
(export_statement value: [(object) (array)] @data)
(program (expression_statement (call_expression arguments: (arguments [(object) (array)] @data))))
(comment) @comment
(ERROR) @error
"""

_TYPESCRIPT = (
    _JAVASCRIPT
    + """
[(abstract_class_declaration name: (_) @name body: (class_body) @inside)
 (interface_declaration name: (_) @name body: (interface_body) @inside)
 (enum_declaration name: (_) @name body: (enum_body) @inside)
 (internal_module name: (_) @name body: (statement_block) @inside)
 (module name: (_) @name body: (statement_block) @inside)] @def
"""
)

_GO = """
[(function_declaration name: (_) @name body: (block) @body)
 (method_declaration name: (_) @name body: (block) @body)] @def
(type_spec name: (_) @name type: [(struct_type) (interface_type)] @inside) @def
(func_literal body: (block) @body)
(var_spec value: (expression_list [
  (composite_literal body: (literal_value) @data)
  (call_expression arguments: (argument_list) @data)
  (raw_string_literal) @data]))
(const_spec value: (expression_list (raw_string_literal) @data))
(comment) @comment
(ERROR) @error
"""

_RUST = """
(function_item name: (_) @name body: (block) @body) @def
[(impl_item type: (_) @name body: (declaration_list) @inside)
 (trait_item name: (_) @name body: (declaration_list) @inside)
 (mod_item name: (_) @name body: (declaration_list) @inside)
 (struct_item name: (_) @name body: (field_declaration_list) @inside)
 (union_item name: (_) @name body: (field_declaration_list) @inside)
 (enum_item name: (_) @name body: (enum_variant_list) @inside)] @def
(attribute_item) @keep
(closure_expression body: (block) @body)
(const_item value: (_) @data)
(static_item value: (_) @data)
(macro_definition) @data
(source_file [(macro_invocation (token_tree) @data) (expression_statement (macro_invocation (token_tree) @data))])
[(line_comment) (block_comment)] @comment
(ERROR) @error
"""

_JAVA = """
[(method_declaration name: (_) @name body: (block) @body)
 (constructor_declaration name: (_) @name body: (constructor_body) @body)
 (compact_constructor_declaration name: (_) @name body: (block) @body)] @def
[(class_declaration name: (_) @name body: (class_body) @inside)
 (interface_declaration name: (_) @name body: (interface_body) @inside)
 (annotation_type_declaration name: (_) @name body: (annotation_type_body) @inside)
 (record_declaration name: (_) @name body: (class_body) @inside)
 (enum_declaration name: (_) @name body: (enum_body) @inside)] @def
(static_initializer (block) @body)
(lambda_expression body: (block) @body)
(field_declaration declarator: (variable_declarator value: [
  (array_initializer) @data
  (string_literal) @data
  (method_invocation arguments: (argument_list) @data)]))
[(line_comment) (block_comment)] @comment
(ERROR) @error
"""

_C = """
(function_definition declarator: (_) @name body: (compound_statement) @body) @def
[(struct_specifier body: (field_declaration_list) @inside)
 (union_specifier body: (field_declaration_list) @inside)
 (enum_specifier body: (enumerator_list) @inside)] @def
[(preproc_function_def) (preproc_def)] @data
(init_declarator value: (initializer_list) @data)
(comment) @comment
(ERROR) @error
"""

_CPP = (
    _C
    + """
(function_definition declarator: (_) @name body: (try_statement) @body) @def
[(class_specifier name: (_) @name body: (field_declaration_list) @inside)
 (template_declaration (class_specifier body: (field_declaration_list) @inside))
 (namespace_definition body: (declaration_list) @inside)] @def
(lambda_expression body: (compound_statement) @body)
(field_initializer_list) @data
"""
)

PYTHON = Grammar("tree-sitter-python", "language", _PYTHON, comment="#", braces=False)
JAVASCRIPT = Grammar("tree-sitter-javascript", "language", _JAVASCRIPT)
TYPESCRIPT = Grammar("tree-sitter-typescript", "language_typescript", _TYPESCRIPT)
TSX = Grammar("tree-sitter-typescript", "language_tsx", _TYPESCRIPT)
GO = Grammar("tree-sitter-go", "language", _GO)
RUST = Grammar("tree-sitter-rust", "language", _RUST)
JAVA = Grammar("tree-sitter-java", "language", _JAVA)
C = Grammar("tree-sitter-c", "language", _C)
CPP = Grammar("tree-sitter-cpp", "language", _CPP)

GRAMMARS = (PYTHON, JAVASCRIPT, TYPESCRIPT, TSX, GO, RUST, JAVA, C, CPP)


def parse(source: str, grammar: Grammar) -> list[Captures] | None:
    """Return what the grammar's query finds in the source, in order; None when the grammar is not installed."""
    loaded = load(grammar)
    if loaded is None:
        return None
    from tree_sitter import Parser, QueryCursor

    language, query = loaded
    tree = Parser(language).parse(source.encode("utf-8", "surrogatepass"))
    cursor = QueryCursor(query)
    cursor.set_max_start_depth(_DEEPEST)
    return [captures for _, captures in cursor.matches(tree.root_node)]


@lru_cache(maxsize=len(GRAMMARS))
def load(grammar: Grammar) -> tuple[Language, Query] | None:
    """Return the language and its query, or None when the packages of the extra `code` are not installed."""
    try:
        sitter = import_module("tree_sitter")
        module = import_module(grammar.module)
    except ImportError:
        return None
    language = sitter.Language(getattr(module, grammar.function)())
    return language, sitter.Query(language, grammar.query)


@lru_cache(maxsize=1)
def versions() -> str:
    """Name what parses: the parser's version, and a digest of the grammars' own. Empty without the extra."""
    found = {package: _version(package) for package in ("tree-sitter", *sorted({g.package for g in GRAMMARS}))}
    core = found.pop("tree-sitter")
    digest = hashlib.blake2b(repr(found).encode(), digest_size=4).hexdigest()
    return f"{core}+{digest}" if core else ""


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
