"""A Babel extraction method for Django templates.

The translation tags are parsed by Django's own code, so each msgid is what Django will look up (percent signs doubled,
`trimmed` applied). Every other tag is passed over, so no tag library has to be loaded and no app installed.
"""

import re

from django.template import TemplateSyntaxError
from django.template.base import Lexer, Node, Parser, TokenType, Variable, constant_string
from django.template.defaulttags import comment
from django.templatetags.i18n import BlockTranslateNode, TranslateNode, do_block_translate, do_translate

TRANSLATOR_MARK = "Translators:"
CONSTANTS = re.compile(constant_string)


def extract_django(fileobj, keywords, comment_tags, options):
    """Yield (line, function, arguments, comments) for each message of a template, as Babel's `extract` asks.

    Raises TemplateSyntaxError for a broken translation tag, and for a context that is not a literal.
    """
    parser = TranslationParser(Lexer(fileobj.read().decode()).tokenize())
    parser.parse()
    yield from parser.messages


class TranslationParser(Parser):
    """Parses translation tags and `_("...")`, wherever Django allows them; the rest of the template is passed over."""

    def __init__(self, tokens):
        super().__init__(tokens)
        self.messages = []
        self.tags = _Tags(
            translate=do_translate,
            trans=do_translate,
            blocktranslate=do_block_translate,
            blocktrans=do_block_translate,
            comment=comment,
        )
        self._line = 0
        self._comments = {
            token.lineno: token.contents
            for token in tokens
            if token.token_type is TokenType.COMMENT and token.contents.startswith(TRANSLATOR_MARK)
        }

    def next_token(self):
        token = super().next_token()
        self._line = token.lineno
        return token

    def find_filter(self, filter_name):
        return lambda value, argument=None: value

    def compile_filter(self, token):
        self.read_constants(token)
        return super().compile_filter(token)

    def extend_nodelist(self, nodelist, node, token):
        if isinstance(node, TranslateNode):
            self._read_translate(node, token)
        elif isinstance(node, BlockTranslateNode):
            self._read_block(node, token)
        nodelist.append(node)

    def read_constants(self, text):
        """Note the `_("...")` in `text`, a tag's or a variable's contents."""
        for match in CONSTANTS.finditer(text):
            variable = Variable(match[0])
            if variable.translate:
                self._note(self._line, None, _lookup(variable))

    def _read_translate(self, node, token):
        variable = node.filter_expression.var
        if isinstance(variable, Variable) and isinstance(variable.literal, str):
            self._note(token.lineno, _context(node), _lookup(variable))

    def _read_block(self, node, token):
        texts = [node.singular, node.plural] if node.plural and node.countervar and node.counter else [node.singular]
        self._note(token.lineno, _context(node), *(node.render_token_list(text)[0] for text in texts))

    def _note(self, line, context, *texts):
        function = {1: "gettext", 2: "ngettext"}[len(texts)]
        arguments = texts
        if context is not None:
            function = {1: "pgettext", 2: "npgettext"}[len(texts)]
            arguments = (context, *texts)
        found = self._comments.get(line) or self._comments.get(line - 1)
        self.messages.append((line, function, arguments, [found] if found else []))


class _Tags(dict):
    def __missing__(self, name):
        return _pass_over


def _pass_over(parser, token):
    parser.read_constants(token.contents)
    return Node()


def _lookup(variable):
    return str(variable.literal).replace("%", "%%")


def _context(node):
    if node.message_context is None:
        return None
    if not isinstance(node.message_context.var, str):
        raise TemplateSyntaxError(f"The context of a translation must be a literal, not {node.message_context}.")
    return str(node.message_context.var)
