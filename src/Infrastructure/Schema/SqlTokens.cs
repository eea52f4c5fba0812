using System.Text;

namespace SchemaHub.Infrastructure.Schema;

internal enum SqlTokenKind
{
    Word,
    QuotedName,
    Text,
    Number,
    Symbol,
}

/// <summary>One token of an expression as PostgreSQL prints it.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int Length, string Value)
{
    public bool IsName => Kind is SqlTokenKind.Word or SqlTokenKind.QuotedName;

    public bool Is(string symbol) => Kind is SqlTokenKind.Symbol && Value == symbol;
}

/// <summary>Expressions and definitions as PostgreSQL prints them, token by token.</summary>
internal static class SqlTokens
{
    private const string Operators = "+-*/<>=~!@#%^&|?:";

    public static List<SqlToken> Read(string sql)
    {
        var tokens = new List<SqlToken>();
        for (var at = 0; at < sql.Length; )
        {
            if (char.IsWhiteSpace(sql[at]))
            {
                at++;
                continue;
            }

            var token = Next(sql, at);
            tokens.Add(token);
            at += token.Length;
        }

        return tokens;
    }

    /// <summary>The same text with other names before a dot: a schema that is called differently elsewhere.</summary>
    public static string Rename(string sql, IReadOnlyDictionary<string, string> names)
    {
        if (names.Count == 0)
            return sql;

        var tokens = Read(sql);
        var renamed = new StringBuilder(sql.Length + 16);
        var copied = 0;
        for (var index = 0; index < tokens.Count; index++)
        {
            if (NewText(tokens, index, names) is not { } text)
                continue;

            renamed.Append(sql, copied, tokens[index].Start - copied).Append(text);
            copied = tokens[index].Start + tokens[index].Length;
        }

        return renamed.Append(sql, copied, sql.Length - copied).ToString();
    }

    /// <summary>The same text with some names on their own: <c>schema.name</c> becomes <c>name</c>.</summary>
    public static string Unqualify(string sql, IReadOnlySet<string> qualified)
    {
        var tokens = Read(sql);
        var kept = new StringBuilder(sql.Length);
        var copied = 0;
        for (var index = 0; index + 2 < tokens.Count; index++)
        {
            if (!tokens[index + 1].Is(".") || !qualified.Contains($"{tokens[index].Value}.{tokens[index + 2].Value}"))
                continue;

            kept.Append(sql, copied, tokens[index].Start - copied);
            copied = tokens[index + 2].Start;
        }

        return kept.Append(sql, copied, sql.Length - copied).ToString();
    }

    /// <summary>A name as SQL takes it.</summary>
    public static string Quoted(string name) =>
        name.Length > 0
        && (char.IsAsciiLetterLower(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
        && !Reserved.Contains(name)
            ? name
            : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text as SQL takes it.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "all",
        "analyse",
        "analyze",
        "and",
        "any",
        "array",
        "as",
        "asc",
        "both",
        "case",
        "cast",
        "check",
        "collate",
        "column",
        "constraint",
        "create",
        "default",
        "desc",
        "distinct",
        "do",
        "else",
        "end",
        "except",
        "false",
        "fetch",
        "for",
        "foreign",
        "from",
        "grant",
        "group",
        "having",
        "in",
        "into",
        "leading",
        "limit",
        "not",
        "null",
        "offset",
        "on",
        "only",
        "or",
        "order",
        "primary",
        "references",
        "returning",
        "select",
        "some",
        "table",
        "then",
        "to",
        "trailing",
        "true",
        "union",
        "unique",
        "user",
        "using",
        "variadic",
        "when",
        "where",
        "window",
        "with",
    };

    private static string? NewText(List<SqlToken> tokens, int index, IReadOnlyDictionary<string, string> names)
    {
        var token = tokens[index];
        if (token.IsName && index + 1 < tokens.Count && tokens[index + 1].Is("."))
            return (index == 0 || !tokens[index - 1].Is(".")) && names.TryGetValue(token.Value, out var other)
                ? Quoted(other)
                : null;

        // 'public.users_id_seq'::regclass
        if (token.Kind is SqlTokenKind.Text && index + 2 < tokens.Count && tokens[index + 2].Value == "regclass")
            return $"'{Rename(token.Value.Trim('\''), names)}'";

        return null;
    }

    private static SqlToken Next(string sql, int at)
    {
        var c = sql[at];
        if (c == '\'')
            return Of(SqlTokenKind.Text, sql, at, QuotedEnd(sql, at, '\''));
        if (c == '"')
        {
            var end = QuotedEnd(sql, at, '"');
            var name = sql[(at + 1)..(end - 1)].Replace("\"\"", "\"", StringComparison.Ordinal);
            return new SqlToken(SqlTokenKind.QuotedName, at, end - at, name);
        }

        if (char.IsLetter(c) || c == '_')
        {
            var end = End(sql, at, static s => char.IsLetterOrDigit(s) || s is '_' or '$');
            return new SqlToken(SqlTokenKind.Word, at, end - at, sql[at..end].ToLowerInvariant());
        }

        if (char.IsAsciiDigit(c))
            return Of(SqlTokenKind.Number, sql, at, End(sql, at, static s => char.IsAsciiDigit(s) || s == '.'));
        if (Operators.Contains(c, StringComparison.Ordinal))
            return Of(
                SqlTokenKind.Symbol,
                sql,
                at,
                End(sql, at, static s => Operators.Contains(s, StringComparison.Ordinal))
            );

        return Of(SqlTokenKind.Symbol, sql, at, at + 1);
    }

    private static SqlToken Of(SqlTokenKind kind, string sql, int start, int end) =>
        new(kind, start, end - start, sql[start..end]);

    private static int End(string sql, int at, Func<char, bool> belongs)
    {
        while (at < sql.Length && belongs(sql[at]))
            at++;

        return at;
    }

    private static int QuotedEnd(string sql, int at, char quote)
    {
        for (var end = at + 1; end < sql.Length; end++)
        {
            if (sql[end] != quote)
                continue;
            if (end + 1 < sql.Length && sql[end + 1] == quote)
                end++;
            else
                return end + 1;
        }

        return sql.Length;
    }
}
